/**
 * Holds back changes of the page while a finger, the mouse or a key is down.
 *
 * A button that moves or is replaced between press and release gets no click: what was pressed would be lost.
 */
// The click comes after the release, on touch screens a little later.
const AFTER_RELEASE_MS = 80;
// A release that is never heard of (a drag out of the window) must not stop the page.
const LONGEST_PRESS_MS = 10_000;
export class Quiet {
    pressedAt = null;
    waiting = new Map();
    constructor(target) {
        const pressed = () => {
            this.pressedAt = Date.now();
            target.setTimeout(() => this.flush(), LONGEST_PRESS_MS + AFTER_RELEASE_MS);
        };
        const released = () => {
            target.setTimeout(() => {
                this.pressedAt = null;
                this.flush();
            }, AFTER_RELEASE_MS);
        };
        for (const name of ["pointerdown", "keydown"])
            target.addEventListener(name, pressed, { capture: true });
        for (const name of ["pointerup", "pointercancel", "keyup", "blur"]) {
            target.addEventListener(name, released, { capture: true });
        }
    }
    /** Makes a change now or after the release; of several under one name only the last is made. */
    then(name, change) {
        this.waiting.set(name, change);
        this.flush();
    }
    flush() {
        if (this.pressedAt !== null && Date.now() - this.pressedAt < LONGEST_PRESS_MS)
            return;
        const changes = [...this.waiting.values()];
        this.waiting.clear();
        for (const change of changes)
            change();
    }
}
