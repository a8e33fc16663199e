/** Reads server-sent events of an address one by one. */
import { expect } from "@jest/globals";

export interface ReadEvent {
  readonly id: string;
  /** Empty for a message. */
  readonly event: string;
  readonly data: unknown;
}

/** Opens a stream. `next` gives its next event and throws when it has ended; `rest` waits for its end and gives what was left. */
export async function readEvents(url: string, headers: Record<string, string>) {
  const stop = new AbortController();
  const answer = await fetch(url, { headers, signal: stop.signal });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    expect.stringMatching(/^text\/event-stream/),
  ]);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const more = async (): Promise<boolean> => {
    const piece = await reader?.read();
    if (!piece || piece.done) return false;
    text += decoder.decode(piece.value, { stream: true });
    return true;
  };
  return {
    next: async (): Promise<ReadEvent> => {
      for (;;) {
        const end = text.indexOf("\n\n");
        const block = end < 0 ? undefined : text.slice(0, end);
        if (block !== undefined) text = text.slice(end + 2);
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block ?? "")?.[1];
        const data = field("data");
        if (data !== undefined) return { id: field("id") ?? "", event: field("event") ?? "", data: JSON.parse(data) };
        if (block === undefined && !(await more())) throw new Error("the stream has ended");
      }
    },
    rest: async (): Promise<string> => {
      while (await more());
      return text;
    },
    stop: () => stop.abort(),
  };
}
