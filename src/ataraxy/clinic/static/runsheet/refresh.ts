/**
 * Puts a new fragment of the server in the place of the old one, and leaves alone what somebody is typing.
 *
 * The fragment is the server's own, from its own origin, under a policy that runs no inline script.
 */

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

// What the server last sent for a part of the page, before anybody typed into it.
const sent = new WeakMap<Element, string>();

export function refresh(root: HTMLElement, html: string): void {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const live of root.querySelectorAll<HTMLElement>("[data-live]")) {
    const fresh = parsed.querySelector(`[data-live="${CSS.escape(live.dataset["live"] ?? "")}"]`);
    if (fresh !== null) refreshPart(live, fresh);
  }
}

function refreshPart(live: HTMLElement, fresh: Element): void {
  const [old, next] = [live.firstElementChild, fresh.firstElementChild];
  if (old === null || next === null || old.tagName !== next.tagName) {
    live.replaceChildren(...fresh.childNodes);
    return;
  }
  for (const { name, value } of next.attributes) old.setAttribute(name, value);
  const before = new Map([...old.children].map((part, i) => [nameOf(part, i), part]));
  const after = [...next.children].map((part, i) => {
    const words = part.outerHTML;
    const there = before.get(nameOf(part, i));
    if (there !== undefined && sent.get(there) === words) return there;
    sent.set(part, words);
    return part;
  });
  const typed = typedIn(live);
  const open = [...live.querySelectorAll<HTMLDetailsElement>("details[id]")].map((each) => [each.id, each.open] as const);
  const focus = document.activeElement;
  const focused = focus instanceof HTMLElement && live.contains(focus) ? keyOf(focus) : "";
  old.replaceChildren(...after);
  for (const [id, wasOpen] of open) {
    const details = live.querySelector<HTMLDetailsElement>(`#${CSS.escape(id)}`);
    if (details !== null && wasOpen) details.open = true;
  }
  for (const field of fieldsIn(live)) restore(field, typed.get(keyOf(field)));
  if (focused && document.activeElement !== focus) {
    [...live.querySelectorAll<HTMLElement>("input, select, textarea, button, summary, a")]
      .find((element) => keyOf(element) === focused)
      ?.focus({ preventScroll: true });
  }
}

function nameOf(part: Element, place: number): string {
  return part.getAttribute("data-part") ?? part.getAttribute("aria-labelledby") ?? String(place);
}

function fieldsIn(live: HTMLElement): Field[] {
  return [...live.querySelectorAll<Field>("input:not([type=hidden]), select, textarea")];
}

/** Names an element across two versions of the page: its id, or its form, name and value or words. */
function keyOf(element: HTMLElement): string {
  if (element.id) return `#${element.id}`;
  const form = element.closest("form");
  const name = element.getAttribute("name") ?? element.textContent?.trim() ?? "";
  const value = element instanceof HTMLInputElement && element.type === "checkbox" ? element.value : "";
  return [element.tagName, form?.dataset["entry"], form?.dataset["label"], name, value].join("|");
}

function typedIn(live: HTMLElement): Map<string, string> {
  const typed = new Map<string, string>();
  for (const field of fieldsIn(live)) {
    if (field instanceof HTMLSelectElement) {
      const standard = [...field.options].find((option) => option.defaultSelected)?.value ?? field.options[0]?.value;
      if (field.value !== standard) typed.set(keyOf(field), field.value);
    } else if (field.type === "checkbox") {
      if ((field as HTMLInputElement).checked !== (field as HTMLInputElement).defaultChecked) {
        typed.set(keyOf(field), String((field as HTMLInputElement).checked));
      }
    } else if (field.value !== field.defaultValue) typed.set(keyOf(field), field.value);
  }
  return typed;
}

function restore(field: Field, value: string | undefined): void {
  if (value === undefined) return;
  if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value === "true";
  else if (field.value !== value) field.value = value;
}
