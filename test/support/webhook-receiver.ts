/** A receiver of webhooks: a real HTTP or HTTPS server that keeps what it is sent, and answers as a test has it. */
import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { pythonWith } from "./python.ts";
import { eventually } from "./real.ts";

const person = z.looseObject({ localpart: z.string(), show: z.string(), status: z.string().nullable() });
const delivery = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({
    tenant: z.string(),
    webhook: z.uuid(),
    delivery: z.int().optional(),
    since: z.string().nullable().optional(),
    people: z.array(person).optional(),
    gone: z.array(z.string()).optional(),
  }),
});

export interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly said: z.output<typeof delivery>;
  /** ms since 1970. */
  readonly at: number;
}

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
/** `close`: the connection is cut; `hold`: there is no answer. */
type Answer = Reply | "close" | "hold";

export interface WebhookReceiver {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on. */
  answer: (received: Received) => Answer;
  /** The most requests that were open at once. */
  readonly mostAtOnce: number;
  /** The state of people as a receiver has it who took what it answered with 2xx, and refused all else. */
  readonly shown: ReadonlyMap<string, z.output<typeof person>>;
  until(what: string, fits: () => boolean, timeoutMs?: number): Promise<void>;
  /** Nobody answers at its address, until it listens again. */
  stop(): Promise<void>;
  listen(): Promise<void>;
}

export async function webhookReceiver(tls?: { readonly cert: string; readonly key: string }): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const shown = new Map<string, z.output<typeof person>>();
  let server: Server;
  let port = 0;
  let open = 0;
  let most = 0;

  const take = ({ said: { data } }: Received) => {
    for (const each of data.people ?? []) shown.set(each.localpart, each);
    for (const each of data.gone ?? []) shown.delete(each);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    open += 1;
    most = Math.max(most, open);
    response.on("close", () => {
      open -= 1;
    });
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const got = { headers, body, said: delivery.parse(JSON.parse(body)), at: Date.now() };
    received.push(got);
    const answer = self.answer(got);
    if (answer === "hold") return;
    if (answer === "close") return void request.socket.destroy();
    if (answer.status >= 200 && answer.status < 300) take(got);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch(() => request.socket.destroy());
  };
  const self: WebhookReceiver = {
    get url() {
      return `${tls ? "https" : "http"}://localhost:${port}/hook?token=very-private`;
    },
    received,
    shown,
    answer: () => ({ status: 204 }),
    get mostAtOnce() {
      return most;
    },
    until: async (what: string, fits: () => boolean, timeoutMs = 20_000) =>
      void (await eventually(async () => fits() || undefined, what, timeoutMs)),
    listen: async () => {
      server = tls ? createTlsServer(tls, listener) : createServer(listener);
      server.listen(port, "localhost");
      await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
      port = (server.address() as AddressInfo).port;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await self.listen();
  return self;
}

/** What a library written by others, in another language, says of signatures: true, or what is wrong. */
export async function verified(
  all: readonly { readonly secret: string; readonly received: Pick<Received, "headers" | "body"> }[],
): Promise<unknown> {
  const python = await pythonWith("webhooks", new URL("../outside/webhooks-requirements.txt", import.meta.url));
  const program = fileURLToPath(new URL("../outside/verify_webhooks.py", import.meta.url));
  const asked = all.map(({ secret, received: { headers, body } }) => ({ secret, headers, body }));
  return new Promise((resolve, reject) => {
    const { stdin } = execFile(python, [program], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout)),
    );
    stdin?.end(JSON.stringify(asked));
  });
}
