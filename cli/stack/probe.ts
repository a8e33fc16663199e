import { connect } from "node:net";

/** Whether something accepts connections on this port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return exchange(port, "", () => true);
}

/** Connects, sends `text` and gives what `verdict` makes of the first bytes (with no text: of the connection alone). */
export function exchange(port: number, text: string, verdict: (answer: string) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    let answer = "";
    const end = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => (text ? socket.write(text) : end(true)));
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      if (verdict(answer)) end(true);
    });
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

/** Whether GET `/readyz` on this port of 127.0.0.1 answers 200; any other answer rejects with its text. */
export async function readyz(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(3000) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/readyz answers ${response.status} ${text.slice(0, 300)}`);
  return true;
}
