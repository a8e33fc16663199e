/** Server-sent events by fetch: EventSource cannot say why it reads, and the API asks for that. */

export interface SentEvent {
  /** By which to go on after it; empty: the stream goes on from the one before. */
  readonly id: string;
  /** Its kind; `message` where the stream has no kinds. */
  readonly kind: string;
  readonly data: unknown;
}

/**
 * Takes the events out of what has come so far (HTML, 9.2.6, as far as our API writes it): gives them and the rest that
 * is not complete yet. Pure.
 */
export function eventsIn(text: string): { readonly events: SentEvent[]; readonly rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks.flatMap((block): SentEvent[] => {
    const field = (name: string) =>
      block
        .split("\n")
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const data = field("data");
    return data === undefined
      ? []
      : [{ id: field("id") ?? "", kind: field("event") ?? "message", data: JSON.parse(data) }];
  });
  return { events, rest };
}

/** Reads the events of an answer until it ends. */
export async function readEvents(answer: Response, take: (event: SentEvent) => void): Promise<void> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const piece = await reader?.read();
    if (!piece || piece.done) return;
    const { events, rest } = eventsIn(text + decoder.decode(piece.value, { stream: true }));
    text = rest;
    for (const event of events) take(event);
  }
}
