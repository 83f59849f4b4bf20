/** How far the tablet's clock is from the server's. */

export interface Comparison {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

/** The server's time is taken for the middle of the round trip. */
export function compare(sentMs: number, serverMs: number, receivedMs: number): Comparison {
  return { offsetMs: Math.round(serverMs - (sentMs + receivedMs) / 2), roundTripMs: receivedMs - sentMs };
}

/** "14:05:09" of an instant, in the clinic's zone: a tablet that is set to another one shows no other time. */
export function clockTime(instant: Date, zone: string | undefined): string {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;
  return instant.toLocaleTimeString("en-GB", zone === undefined ? parts : { ...parts, timeZone: zone });
}

/** The instant of "2026-11-23T14:05" or "…:09" on a clock of the clinic's wall. NaN where it is no time. */
export function instantOf(wall: string, zone: string | undefined): number {
  if (zone === undefined) return new Date(wall).getTime();
  const asUtc = new Date(`${wall}Z`).getTime();
  // Twice: beside a change of the clocks the first guess has the offset of its other side.
  const guess = asUtc - offsetMs(asUtc, zone);
  return asUtc - offsetMs(guess, zone);
}

/** How far the clinic's wall is ahead of UTC at an instant. */
function offsetMs(instant: number, zone: string): number {
  if (Number.isNaN(instant)) return NaN;
  const shown: Record<string, number> = {};
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  for (const part of format.formatToParts(instant)) shown[part.type] = Number(part.value);
  const wall = Date.UTC(
    shown["year"] ?? NaN,
    (shown["month"] ?? NaN) - 1,
    shown["day"],
    shown["hour"],
    shown["minute"],
    shown["second"],
  );
  return wall - Math.floor(instant / 1000) * 1000;
}

/** "1:04:09" since an instant; "-0:05:00" before it. */
export function elapsed(fromMs: number, nowMs: number): string {
  const seconds = Math.floor(Math.abs(nowMs - fromMs) / 1000);
  const two = (part: number) => String(part).padStart(2, "0");
  const text = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return nowMs < fromMs && seconds > 0 ? `-${text}` : text;
}
