/** How far the tablet's clock is from the server's. */
/** The server's time is taken for the middle of the round trip. */
export function compare(sentMs, serverMs, receivedMs) {
    return { offsetMs: Math.round(serverMs - (sentMs + receivedMs) / 2), roundTripMs: receivedMs - sentMs };
}
/** "14:05:09" of an instant, in the tablet's own zone. */
export function clockTime(instant) {
    return instant.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}
/** "1:04:09" since an instant; "-0:05:00" before it. */
export function elapsed(fromMs, nowMs) {
    const seconds = Math.floor(Math.abs(nowMs - fromMs) / 1000);
    const two = (part) => String(part).padStart(2, "0");
    const text = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return nowMs < fromMs && seconds > 0 ? `-${text}` : text;
}
