/**
 * The run sheet on the tablet.
 *
 * Everything that is charted goes the same way, with or without a network: into the tablet's queue first, sealed for its
 * author, then to the server. The page shows the difference in words.
 */
import { compare, clockTime, elapsed } from "./clock.js";
import { context } from "./entry.js";
import { replay } from "./replay.js";
import { seal } from "./seal.js";
import { Store } from "./store.js";
const POLL_MS = 2000;
const RETRY_MS = 3000;
function required(element, name) {
    const value = element.dataset[name];
    if (value === undefined)
        throw new Error(`the run sheet lacks data-${name}`);
    return value;
}
function pageOf(sheet) {
    const { author, authorLabel, authorKey } = sheet.dataset;
    return {
        session: required(sheet, "session"),
        author: author && authorKey ? { id: author, label: authorLabel ?? author, publicKey: authorKey } : null,
        entryUrl: required(sheet, "entryUrl"),
        liveUrl: required(sheet, "liveUrl"),
        signInUrl: required(sheet, "signInUrl"),
    };
}
function csrfToken() {
    return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}
/** Names and values of a form; a box that is not ticked is "no", several values of one name are a list. */
function fieldsOf(form) {
    const fields = {};
    for (const [name, value] of new FormData(form)) {
        if (typeof value !== "string" || name === "csrfmiddlewaretoken")
            continue;
        const before = fields[name];
        fields[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
    }
    for (const input of form.querySelectorAll('input[type="datetime-local"][name]')) {
        // What is picked is local time; what is sent says which.
        if (input.value !== "")
            fields[input.name] = new Date(input.value).toISOString();
    }
    for (const box of form.querySelectorAll('input[type="checkbox"][name]')) {
        if (!(box.name in fields))
            fields[box.name] = "no";
    }
    return fields;
}
/** Values that are possible but unlikely are asked for twice; impossible ones the browser refuses (min, max). */
function unlikely(form) {
    const doubts = [];
    for (const input of form.querySelectorAll("input[data-usual-low], input[data-usual-high]")) {
        if (input.value === "")
            continue;
        const value = Number(input.value);
        const low = Number(input.dataset["usualLow"] ?? "-Infinity");
        const high = Number(input.dataset["usualHigh"] ?? "Infinity");
        if (value < low || value > high)
            doubts.push(`${input.dataset["name"] ?? input.name} ${input.value}`);
    }
    return doubts;
}
class Sheet {
    root;
    page;
    store;
    network = "unknown";
    etag = "";
    sending = false;
    constructor(root, page, store) {
        this.root = root;
        this.page = page;
        this.store = store;
    }
    async start() {
        if (this.page.author)
            await this.store.remember(this.page.author);
        else
            await this.offerAuthors();
        this.root.addEventListener("submit", (event) => void this.submitted(event));
        this.root.addEventListener("click", (event) => void this.clicked(event));
        window.addEventListener("online", () => void this.send());
        await this.show();
        this.tick();
        setInterval(() => this.tick(), 1000);
        setInterval(() => void this.send(), RETRY_MS);
        setInterval(() => void this.poll(), POLL_MS);
        await this.send();
        await this.poll();
        this.root.dataset["ready"] = "yes";
    }
    // --- charting ---------------------------------------------------------------------------------------------
    async submitted(event) {
        const form = event.target;
        if (!(form instanceof HTMLFormElement) || form.dataset["entry"] === undefined)
            return;
        event.preventDefault();
        // A double tap is one entry.
        if (form.dataset["busy"] !== undefined)
            return;
        form.dataset["busy"] = "yes";
        try {
            await this.chartForm(form, event.submitter);
        }
        finally {
            delete form.dataset["busy"];
        }
    }
    async chartForm(form, submitter) {
        const author = await this.chartingAs();
        if (author === null) {
            this.say("Choose who is charting, then enter it again.", "problem");
            return;
        }
        const doubts = unlikely(form);
        if (doubts.length > 0 && form.dataset["confirmed"] !== doubts.join()) {
            form.dataset["confirmed"] = doubts.join();
            this.say(`Unusual: ${doubts.join(", ")}. Check it, then enter it once more to keep it.`, "problem");
            return;
        }
        delete form.dataset["confirmed"];
        const button = submitter instanceof HTMLButtonElement ? submitter : null;
        const fields = fieldsOf(form);
        if (button?.name)
            fields[button.name] = button.value;
        try {
            await this.chart(author, form.dataset["entry"] ?? "", form.dataset["label"] ?? "Entry", fields);
        }
        catch (error) {
            // The form keeps what was typed: it is on no disk yet.
            this.say(`Not kept: the tablet could not store it (${String(error)}). It is still in the form.`, "problem");
            return;
        }
        form.reset();
        // Sending takes as long as the network does; the next entry need not wait for it.
        void this.send().then(() => this.poll());
    }
    async chart(author, command, label, fields) {
        const head = {
            key: crypto.randomUUID(),
            session: this.page.session,
            author: author.id,
            occurredAt: new Date().toISOString(),
        };
        const body = JSON.stringify({ command, fields });
        await this.store.add({
            ...head,
            label,
            clockOffsetMs: await this.store.clockOffset(),
            sealed: await seal(author.publicKey, body, context(head)),
            state: "queued",
        });
        this.say(`${label}: kept on this tablet.`, "done");
        await this.show();
    }
    /** Who is signed in; on the offline page, who was chosen of those known to this tablet. */
    async chartingAs() {
        if (this.page.author)
            return this.page.author;
        const chosen = this.root.querySelector("select[data-charting-as]")?.value;
        return (await this.store.authors()).find((author) => author.id === chosen) ?? null;
    }
    async offerAuthors() {
        const select = this.root.querySelector("select[data-charting-as]");
        if (select === null)
            return;
        for (const author of await this.store.authors())
            select.append(new Option(author.label, author.id));
    }
    // --- sending ----------------------------------------------------------------------------------------------
    async send() {
        if (this.sending)
            return;
        this.sending = true;
        try {
            const author = this.page.author?.id ?? null;
            const outcome = await replay(this.store, author, (entry) => this.post(entry), () => void this.show());
            if (outcome === "unreachable")
                this.network = "lost";
            if (outcome === "sign-in")
                this.network = "sign-in";
        }
        finally {
            this.sending = false;
        }
        await this.show();
    }
    async post(entry) {
        const url = this.page.entryUrl.replace(this.page.session, entry.session);
        let response;
        try {
            response = await fetch(url, {
                method: "POST",
                headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
                body: JSON.stringify({
                    key: entry.key,
                    author: entry.author,
                    occurred_at: entry.occurredAt,
                    clock_offset_ms: entry.clockOffsetMs,
                    sealed: entry.sealed,
                }),
                redirect: "manual",
            });
        }
        catch {
            return { kind: "unreachable" };
        }
        // A redirect is the way to the sign-in page.
        if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
            return { kind: "sign-in" };
        }
        if (response.status >= 500 || response.status === 429 || response.status === 408)
            return { kind: "unreachable" };
        let answer;
        try {
            answer = (await response.json());
        }
        catch {
            return { kind: "unreachable" };
        }
        if (response.ok && answer.status === "recorded")
            return { kind: "recorded", seq: answer.seq ?? 0 };
        if (answer.status === "refused")
            return { kind: "refused", reason: answer.reason ?? "no reason was given" };
        // An answer that is not understood is no answer: the entry stays.
        return { kind: "unreachable" };
    }
    /** A refusal is never only wiped away: that it was refused, and why, is charted. */
    async clicked(event) {
        const button = event.target instanceof Element ? event.target.closest("button[data-settle]") : null;
        if (button === null)
            return;
        const n = Number(button.dataset["settle"]);
        const entry = (await this.store.entries()).find((candidate) => candidate.n === n);
        const author = await this.chartingAs();
        if (entry === undefined || author === null || entry.author !== author.id)
            return;
        await this.chart(author, "refused_entry", `Refused: ${entry.label}`, {
            label: entry.label,
            occurred_at: entry.occurredAt,
            reason: entry.reason ?? "",
            key: entry.key,
        });
        await this.store.remove(n);
        await this.send();
    }
    // --- seeing -----------------------------------------------------------------------------------------------
    async poll() {
        const live = this.root.querySelector("[data-live]");
        if (live === null || document.hidden)
            return;
        const sent = Date.now();
        let response;
        try {
            response = await fetch(this.page.liveUrl, {
                headers: this.etag ? { "If-None-Match": this.etag } : {},
                redirect: "manual",
                cache: "no-store",
            });
        }
        catch {
            this.network = "lost";
            await this.show();
            return;
        }
        const received = Date.now();
        if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
            this.network = "sign-in";
        }
        else if (response.status === 200 || response.status === 304) {
            this.network = "reached";
            const server = Number(response.headers.get("X-Server-Time-Ms"));
            if (server > 0)
                await this.store.setClockOffset(compare(sent, server, received).offsetMs);
            if (response.status === 200) {
                this.etag = response.headers.get("ETag") ?? "";
                this.replaceLive(live, await response.text());
            }
        }
        else {
            this.network = "lost";
        }
        await this.show();
    }
    /** The server's own fragment, from its own origin, under a policy that runs no inline script. */
    replaceLive(live, html) {
        const parsed = new DOMParser().parseFromString(html, "text/html");
        const fresh = parsed.querySelector("[data-live]");
        if (fresh === null)
            return;
        const open = [...live.querySelectorAll("details[open][id]")].map((details) => details.id);
        const focused = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
        live.replaceChildren(...fresh.childNodes);
        for (const id of open)
            live.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
        if (focused)
            live.querySelector(`#${CSS.escape(focused)}`)?.focus();
        this.tick();
    }
    async show() {
        const entries = await this.store.entries();
        const queued = entries.filter((entry) => entry.state === "queued");
        const others = queued.filter((entry) => entry.author !== (this.page.author?.id ?? entry.author));
        const status = document.querySelector("[data-network]");
        if (status) {
            const words = {
                unknown: "Connecting",
                reached: queued.length > 0 ? `Connected, ${queued.length} still to send` : "Connected, all sent",
                lost: `No connection: ${queued.length} kept on this tablet`,
                "sign-in": `Sign in to send ${queued.length}`,
            };
            const text = words[this.network] + (others.length > 0 ? ` (${others.length} of another author)` : "");
            if (status.textContent !== text)
                status.textContent = text;
            status.dataset["network"] = this.network;
        }
        const list = this.root.querySelector("[data-queue]");
        if (list) {
            list.replaceChildren(...entries.map((entry) => this.row(entry)));
            list.hidden = entries.length === 0;
        }
        const signIn = document.querySelector("[data-sign-in]");
        if (signIn) {
            signIn.href = this.page.signInUrl;
            signIn.hidden = this.network !== "sign-in" && this.page.author !== null;
        }
    }
    row(entry) {
        const row = document.createElement("li");
        row.dataset["state"] = entry.state;
        const words = document.createElement("span");
        const when = clockTime(new Date(entry.occurredAt));
        const what = entry.state === "queued" ? "queued" : `refused: ${entry.reason ?? ""}`;
        words.textContent = `${when} ${entry.label} – ${what}`;
        row.append(words);
        if (entry.state === "refused" && entry.author === this.page.author?.id) {
            const button = document.createElement("button");
            button.type = "button";
            button.dataset["settle"] = String(entry.n);
            button.textContent = "Chart that it was refused";
            row.append(button);
        }
        return row;
    }
    /** Clocks that run between two answers of the server. */
    tick() {
        const now = Date.now();
        void this.store.clockOffset().then((offset) => {
            const server = now + (offset ?? 0);
            for (const element of this.root.querySelectorAll("[data-clock]")) {
                element.textContent = clockTime(new Date(server));
            }
            for (const element of this.root.querySelectorAll("[data-since]")) {
                element.textContent = elapsed(Date.parse(element.dataset["since"] ?? ""), server);
            }
            for (const element of this.root.querySelectorAll("[data-due]")) {
                const overdue = Date.parse(element.dataset["due"] ?? "") < server;
                element.classList.toggle("overdue", overdue);
            }
        });
    }
    say(words, tone) {
        const line = this.root.querySelector("[data-said]");
        if (line === null)
            return;
        line.textContent = words;
        line.dataset["tone"] = tone;
    }
}
async function main() {
    const root = document.querySelector("[data-sheet]");
    if (root === null)
        return;
    await new Sheet(root, pageOf(root), await Store.open()).start();
    // Without a worker the sheet charts as well; it only cannot be opened while the network is down.
    await keepForOffline(root).catch(() => undefined);
}
async function keepForOffline(root) {
    if (!("serviceWorker" in navigator))
        return;
    await navigator.storage.persist();
    await navigator.serviceWorker.register(required(root, "workerUrl"), { scope: "/", type: "module" });
    const worker = (await navigator.serviceWorker.ready).active;
    const assets = performance
        .getEntriesByType("resource")
        .map((entry) => new URL(entry.name))
        .filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/"))
        .map((url) => url.pathname);
    worker?.postMessage({ keep: [required(root, "offlineUrl"), ...assets] });
    root.dataset["offline"] = "yes";
}
void main();
