/**
 * The run sheet on the tablet.
 *
 * Everything that is charted goes the same way, with or without a network: into the tablet's queue first, sealed for its
 * author, then to the server. The page shows the difference in words.
 */
import { compare, clockTime, elapsed, instantOf } from "./clock.js";
import { type Author, type QueuedEntry, context } from "./entry.js";
import { type Answer, replay } from "./replay.js";
import { seal } from "./seal.js";
import { Quiet } from "./quiet.js";
import { refresh } from "./refresh.js";
import { Store } from "./store.js";

const POLL_MS = 1500;
const RETRY_MS = 3000;
const ON_ITS_WAY_MS = 1500;
const SLOW_MS = 1000;
// Signed out, somebody else, or a tablet that locked itself: only a person can open it again.
const SIGN_IN: ReadonlySet<number> = new Set([401, 403, 423]);
// The server is busy, restarting or behind something that is: the same entry will be taken later, and so will the others.
const LATER: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
// A network that swallows requests must not hold up the next attempt for ever.
const ANSWER_MS = 15_000;

interface Page {
  readonly session: string;
  /** Null on the offline page: nobody is signed in as far as it knows. */
  readonly author: Author | null;
  readonly entryUrl: string;
  readonly liveUrl: string;
  readonly signInUrl: string;
}

function required(element: HTMLElement, name: string): string {
  const value = element.dataset[name];
  if (value === undefined) throw new Error(`the run sheet lacks data-${name}`);
  return value;
}

function pageOf(sheet: HTMLElement): Page {
  const { author, authorLabel, authorKey } = sheet.dataset;
  return {
    session: required(sheet, "session"),
    author: author && authorKey ? { id: author, label: authorLabel ?? author, publicKey: authorKey } : null,
    entryUrl: required(sheet, "entryUrl"),
    liveUrl: required(sheet, "liveUrl"),
    signInUrl: required(sheet, "signInUrl"),
  };
}

/** The zone of the clinic's clocks; a page that was kept before it was said has none. */
function clinicZone(): string | undefined {
  return document.querySelector<HTMLElement>("[data-sheet]")?.dataset["zone"];
}

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Names and values of a form; a box that is not ticked is "no", several values of one name are a list. */
function fieldsOf(form: HTMLFormElement): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string" || name === "csrfmiddlewaretoken") continue;
    const before = fields[name];
    fields[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  for (const input of form.querySelectorAll<HTMLInputElement>('input[type="datetime-local"][name]')) {
    // What is picked is time of the clinic's wall; what is sent says which instant that is.
    if (input.value !== "") fields[input.name] = new Date(instantOf(input.value, clinicZone())).toISOString();
  }
  for (const box of form.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name]')) {
    if (!(box.name in fields)) fields[box.name] = "no";
  }
  return fields;
}

/** What stands in the fields of a form, in their order. */
function typed(form: HTMLFormElement): readonly string[] {
  return [...form.elements].map((element) => {
    if (element instanceof HTMLInputElement && (element.type === "checkbox" || element.type === "radio")) {
      return String(element.checked);
    }
    return isField(element) ? element.value : "";
  });
}

function isField(element: Element): element is HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  return (
    element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement
  );
}

/** Empties the fields that still hold what was kept; what was typed since then belongs to the next entry. */
function empty(form: HTMLFormElement, kept: readonly string[]): void {
  const now = typed(form);
  if (now.every((value, i) => value === kept[i])) {
    form.reset();
    return;
  }
  [...form.elements].forEach((element, i) => {
    if (now[i] !== kept[i] || !isField(element) || element.type === "hidden") return;
    if (element instanceof HTMLInputElement && element.type === "checkbox") element.checked = element.defaultChecked;
    else if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) element.value = element.defaultValue;
  });
}

/** What was asked for, in this page's memory only, so that it can be asked for again after a refusal. */
interface Asked {
  readonly command: string;
  readonly label: string;
  readonly fields: Readonly<Record<string, string | string[]>>;
}

/** Values that are possible but unlikely are asked for twice; impossible ones the browser refuses (min, max). */
function unlikely(form: HTMLFormElement): string[] {
  const doubts: string[] = [];
  for (const input of form.querySelectorAll<HTMLInputElement>("input[data-usual-low], input[data-usual-high]")) {
    if (input.value === "") continue;
    const value = Number(input.value);
    const low = Number(input.dataset["usualLow"] ?? "-Infinity");
    const high = Number(input.dataset["usualHigh"] ?? "Infinity");
    if (value < low || value > high) doubts.push(`${input.dataset["name"] ?? input.name} ${input.value}`);
  }
  return doubts;
}

class Sheet {
  private network: "unknown" | "reached" | "lost" | "sign-in" = "unknown";
  /** Whether the server is there and cannot take an entry: one of its session and those after it wait. */
  private held = false;
  private etag = "";
  private range = false;
  private sending = false;
  private polling = false;
  private readonly asked = new Map<string, Asked>();
  private readonly charting = new WeakMap<HTMLFormElement, { kept: readonly string[]; done: Promise<void> }>();
  private readonly quiet = new Quiet(window);
  private readonly opened: Promise<void>;
  private open: () => void = () => undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly page: Page,
    private readonly store: Store,
  ) {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
    // From the first moment: what is pressed before the tablet's store is open waits for it.
    root.addEventListener("submit", (event) => void this.submitted(event));
    root.addEventListener("click", (event) => void this.clicked(event));
  }

  async start(): Promise<void> {
    await this.store.open();
    if (this.page.author) await this.store.remember(this.page.author);
    else await this.offerAuthors();
    this.open();
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

  private async submitted(event: SubmitEvent): Promise<void> {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset["entry"] === undefined) return;
    event.preventDefault();
    const kept = typed(form);
    const before = this.charting.get(form);
    // A double tap is one entry; other values are another entry, which waits for the first.
    if (before !== undefined && before.kept.every((value, i) => value === kept[i])) return;
    const asked = this.askedBy(form, event.submitter);
    const done = (before?.done ?? this.opened).then(() => this.chartForm(form, kept, asked));
    const mine = { kept, done };
    this.charting.set(form, mine);
    try {
      await done;
    } finally {
      if (this.charting.get(form) === mine) this.charting.delete(form);
    }
  }

  private askedBy(form: HTMLFormElement, submitter: HTMLElement | null): Asked {
    const fields = fieldsOf(form);
    if (submitter instanceof HTMLButtonElement && submitter.name) fields[submitter.name] = submitter.value;
    return { command: form.dataset["entry"] ?? "", label: form.dataset["label"] ?? "Entry", fields };
  }

  private async chartForm(form: HTMLFormElement, kept: readonly string[], asked: Asked): Promise<void> {
    try {
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
      await this.chart(author, asked);
    } catch (error) {
      // The form keeps what was typed: it is on no disk yet.
      this.say(`Not kept: the tablet could not store it (${String(error)}). It is still in the form.`, "problem");
      return;
    }
    // Before the form is emptied: an empty form beside "all sent" would say that it has arrived.
    await this.show();
    empty(form, kept);
    this.say(`${asked.label}: kept on this tablet.`, "done");
    // Sending takes as long as the network does; the next entry need not wait for it.
    void this.send().then(() => this.poll());
  }

  /** Returns when the entry is on the tablet's disk. */
  private async chart(author: Author, asked: Asked): Promise<void> {
    const head = {
      key: crypto.randomUUID(),
      session: this.page.session,
      author: author.id,
      occurredAt: new Date().toISOString(),
    };
    const body = JSON.stringify({ command: asked.command, fields: asked.fields });
    await this.store.add({
      ...head,
      label: asked.label,
      clockOffsetMs: await this.store.clockOffset(),
      sealed: await seal(author.publicKey, body, context(head)),
      state: "queued",
    });
    this.asked.set(head.key, asked);
  }

  /** Who is signed in; on the offline page, who was chosen of those known to this tablet. */
  private async chartingAs(): Promise<Author | null> {
    if (this.page.author) return this.page.author;
    const chosen = this.root.querySelector<HTMLSelectElement>("select[data-charting-as]")?.value;
    return (await this.store.authors()).find((author) => author.id === chosen) ?? null;
  }

  private async offerAuthors(): Promise<void> {
    const select = this.root.querySelector<HTMLSelectElement>("select[data-charting-as]");
    if (select === null) return;
    const authors = await this.store.authors();
    for (const author of authors) select.append(new Option(author.label, author.id));
  }

  // --- sending ----------------------------------------------------------------------------------------------

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      const author = this.page.author?.id ?? null;
      const outcome = await replay(this.store, author, (entry) => this.post(entry), (entry, answer) => this.answered(entry, answer));
      this.held = outcome === "held";
      if (outcome === "unreachable") this.network = "lost";
      if (outcome === "sign-in") this.network = "sign-in";
    } finally {
      this.sending = false;
    }
    await this.show();
  }

  private answered(entry: QueuedEntry, answer: Answer): void {
    if (answer.kind === "recorded") {
      this.asked.delete(entry.key);
      this.say(`${entry.label}: recorded.`, "done");
    }
    if (answer.kind === "refused") this.say(`${entry.label}: refused. ${answer.reason}`, "problem");
    void this.show();
  }

  private async post(entry: QueuedEntry): Promise<Answer> {
    const url = this.page.entryUrl.replace(this.page.session, entry.session);
    let response: Response;
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
        signal: AbortSignal.timeout(ANSWER_MS),
      });
    } catch {
      return { kind: "unreachable" };
    }
    // A redirect is the way to the sign-in page.
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 423) return { kind: "sign-in" };
    if (LATER.has(response.status)) return { kind: "unreachable" };
    let answer: { status?: string; seq?: number; reason?: string; code?: string } = {};
    try {
      answer = (await response.json()) as typeof answer;
    } catch {
      return { kind: "held" };
    }
    if (answer.status === "other-author") return { kind: "sign-in" };
    if (response.ok && answer.status === "recorded") return { kind: "recorded", seq: answer.seq ?? 0 };
    if (answer.status === "refused") {
      return { kind: "refused", reason: answer.reason ?? "no reason was given", code: answer.code ?? "" };
    }
    // An answer that is not understood is no answer: the entry stays.
    return { kind: "held" };
  }

  /** A refusal is never only wiped away: that it was refused, and why, is charted. */
  private async clicked(event: MouseEvent): Promise<void> {
    const button =
      event.target instanceof Element
        ? event.target.closest<HTMLButtonElement>("button[data-settle], button[data-range], button[data-fill], button[data-focus]")
        : null;
    if (button === null || button.disabled) return;
    if (button.dataset["fill"] !== undefined || button.dataset["focus"] !== undefined) {
      const field = document.getElementById(button.dataset["fill"] ?? button.dataset["focus"] ?? "");
      if (!(field instanceof HTMLInputElement)) return;
      if (button.dataset["fill"] !== undefined) field.value = button.value;
      field.focus();
      return;
    }
    if (button.dataset["range"] !== undefined) {
      this.range = !this.range;
      await this.poll();
      return;
    }
    await this.opened;
    const n = Number(button.dataset["settle"]);
    const entry = (await this.store.entries()).find((candidate) => candidate.n === n);
    const author = await this.chartingAs();
    if (entry === undefined || author === null || entry.author !== author.id) return;
    button.disabled = true;
    const again = button.dataset["again"] === undefined ? undefined : this.asked.get(entry.key);
    await this.chart(author, {
      command: "refused_entry",
      label: `Refused: ${entry.label}`,
      fields: { label: entry.label, occurred_at: entry.occurredAt, reason: entry.reason ?? "", key: entry.key },
    });
    await this.store.remove(n);
    if (again !== undefined) {
      // Decided anew by somebody who has seen what stands now, and still wants it.
      const seen = this.root.querySelector<HTMLElement>("[data-seen]")?.dataset["seen"] ?? "";
      await this.chart(author, { ...again, fields: { ...again.fields, seen } });
    }
    await this.show();
    await this.send();
    await this.poll();
  }

  // --- seeing -----------------------------------------------------------------------------------------------

  private async poll(): Promise<void> {
    if (this.root.querySelector("[data-live]") === null || document.hidden || this.polling) return;
    this.polling = true;
    try {
      await this.ask();
    } finally {
      this.polling = false;
    }
    await this.show();
  }

  private async ask(): Promise<void> {
    const sent = Date.now();
    const range = this.range;
    let response: Response;
    let body = "";
    try {
      response = await fetch(this.page.liveUrl + (range ? "?range=yes" : ""), {
        headers: this.etag ? { "If-None-Match": this.etag } : {},
        redirect: "manual",
        cache: "no-store",
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (response.status === 200) body = await response.text();
    } catch {
      this.network = "lost";
      return;
    }
    const received = Date.now();
    if (response.type === "opaqueredirect" || SIGN_IN.has(response.status)) {
      this.network = "sign-in";
    } else if (response.status === 200 || response.status === 304) {
      this.network = "reached";
      const server = Number(response.headers.get("X-Server-Time-Ms"));
      if (server > 0) {
        const comparison = compare(sent, server, received);
        // A slow answer tells the time badly: half of its way is the error. It counts only where nothing is known.
        if (comparison.roundTripMs <= SLOW_MS || (await this.store.clockOffset()) === null) {
          await this.store.setClockOffset(comparison.offsetMs);
        }
      }
      if (response.status === 200) {
        this.etag = response.headers.get("ETag") ?? "";
        this.quiet.then("live", () => {
          refresh(this.root, body);
          this.tick();
        });
      }
    } else {
      this.network = "lost";
    }
  }

  private async show(): Promise<void> {
    const entries = await this.store.entries();
    this.showNetwork(entries);
    this.quiet.then("queue", () => this.showQueue(entries));
  }

  /** Words that are no button: they change at once, whatever is pressed. */
  private showNetwork(entries: readonly QueuedEntry[]): void {
    const queued = entries.filter((entry) => entry.state === "queued");
    const refused = entries.length - queued.length;
    const others = queued.filter((entry) => entry.author !== (this.page.author?.id ?? entry.author));
    const status = document.querySelector<HTMLElement>("[data-network]");
    if (!status) return;
    const allSent = refused > 0 ? "Connected" : "Connected, all sent";
    const words: Record<typeof this.network, string> = {
      unknown: "Connecting",
      reached: queued.length > 0 ? `Connected, ${queued.length} still to send` : allSent,
      lost: `No connection: ${queued.length} kept on this tablet`,
      "sign-in": `Sign in to send ${queued.length}`,
    };
    const text =
      (this.held && this.network === "reached" ? `Connected, ${queued.length} not taken: are you of this person's team?` : words[this.network]) +
      (others.length > 0 ? ` (${others.length} of another author)` : "") +
      (refused > 0 ? `, ${refused} refused` : "");
    if (status.textContent !== text) status.textContent = text;
    status.dataset["network"] = refused > 0 && this.network === "reached" ? "refused" : this.network;
  }

  private showQueue(entries: readonly QueuedEntry[]): void {
    const list = this.root.querySelector<HTMLElement>("[data-queue]");
    if (list) {
      // What is on its way is not shown for the moment that it takes: the page would jump with every entry.
      const shown = entries.filter(
        (entry) =>
          entry.state === "refused" || this.network !== "reached" || Date.now() - Date.parse(entry.occurredAt) > ON_ITS_WAY_MS,
      );
      const state = JSON.stringify(shown.map((entry) => [entry.n, entry.state, entry.reason]));
      if (list.dataset["shown"] !== state) {
        list.dataset["shown"] = state;
        list.replaceChildren(...shown.map((entry) => this.row(entry)));
        list.hidden = shown.length === 0;
      }
    }
    const signIn = document.querySelector<HTMLAnchorElement>("[data-sign-in]");
    if (signIn) {
      signIn.href = this.page.signInUrl;
      signIn.hidden = this.network !== "sign-in" && this.page.author !== null;
    }
  }

  private row(entry: QueuedEntry): HTMLLIElement {
    const row = document.createElement("li");
    row.dataset["state"] = entry.state;
    const words = document.createElement("span");
    const when = clockTime(new Date(entry.occurredAt), clinicZone());
    const what = entry.state === "queued" ? "queued" : `refused: ${entry.reason ?? ""}`;
    words.textContent = `${when} ${entry.label} – ${what}`;
    row.append(words);
    if (entry.state === "refused" && entry.author === this.page.author?.id) {
      if (entry.code === "session.moved-on" && this.asked.has(entry.key)) {
        row.append(this.choice(entry, "Do it all the same", true), this.choice(entry, "Leave it", false));
      } else row.append(this.choice(entry, "Chart that it was refused", false));
    }
    return row;
  }

  private choice(entry: QueuedEntry, words: string, again: boolean): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = again ? "button button-primary" : "button";
    button.dataset["settle"] = String(entry.n);
    if (again) button.dataset["again"] = "yes";
    button.textContent = words;
    return button;
  }

  /** Clocks that run between two answers of the server. */
  private tick(): void {
    const now = Date.now();
    void this.store.clockOffset().then((offset) => {
      const server = now + (offset ?? 0);
      for (const element of this.root.querySelectorAll<HTMLElement>("[data-clock]")) {
        element.textContent = clockTime(new Date(server), clinicZone());
      }
      for (const element of this.root.querySelectorAll<HTMLElement>("[data-since]")) {
        element.textContent = elapsed(Date.parse(element.dataset["since"] ?? ""), server);
      }
      for (const element of this.root.querySelectorAll<HTMLElement>("[data-due]")) {
        const overdue = Date.parse(element.dataset["due"] ?? "") < server;
        element.classList.toggle("overdue", overdue);
      }
    });
  }

  private say(words: string, tone: "done" | "problem"): void {
    const line = this.root.querySelector<HTMLElement>("[data-said]");
    if (line === null) return;
    line.textContent = words;
    line.dataset["tone"] = tone;
  }
}

async function main(): Promise<void> {
  const root = document.querySelector<HTMLElement>("[data-sheet]");
  if (root === null) return;
  await new Sheet(root, pageOf(root), new Store()).start();
  // Without a worker the sheet charts as well; it only cannot be opened while the network is down.
  await keepForOffline(root).catch(() => undefined);
}

/** Says `data-offline=yes` when the tablet has all that opens this sheet without a network, and not before. */
async function keepForOffline(root: HTMLElement): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(required(root, "workerUrl"), { scope: "/", type: "module" });
  const worker = (await navigator.serviceWorker.ready).active;
  if (worker === null) return;
  const assets = performance
    .getEntriesByType("resource")
    .map((entry) => new URL(entry.name))
    .filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/"))
    // With its version: another address is another file to the tablet.
    .map((url) => url.pathname + url.search);
  const channel = new MessageChannel();
  const kept = new Promise<boolean>((resolve) => {
    channel.port1.onmessage = (event) => resolve(event.data === "kept");
  });
  worker.postMessage({ keep: [required(root, "offlineUrl"), ...assets] }, [channel.port2]);
  root.dataset["offline"] = (await kept) ? "yes" : "no";
  // Asked for last: some browsers put the question to the person and wait for the answer.
  await navigator.storage.persist();
}

void main();
