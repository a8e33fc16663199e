/** What a sender knows of its messages. Pure: no connection, no clock. */

/** `refused`: an error came back. `unknown`: nothing came back before the part it went to was gone. */
type Fate = "open" | "unknown" | "reflected" | "refused" | "stored" | "lost";

interface Sent {
  readonly id: string;
  /** Which of the texts; the same text is sent again under a new id. */
  readonly text: number;
  readonly order: number;
  fate: Fate;
}

export interface Ledger {
  readonly sent: ReadonlyMap<string, Sent>;
  /** The next message, unless as many as `window` are open or nothing is left to say. */
  take(window: number): Sent | undefined;
  /** The message came back to its sender; gives false for one that is not ours or came back before. */
  reflected(id: string): boolean;
  refused(id: string): boolean;
  /** Whatever is open may or may not have arrived. */
  doubt(): void;
  /** Nothing is left to say, and all that is not in doubt was answered. */
  idle(): boolean;
  /** Whether something is in doubt that the archive could tell: a later message came back, and streams keep order. */
  askable(): boolean;
  /** One more message, whose coming back makes what is in doubt askable. */
  mark(): void;
  /** What the archive says of all that is in doubt; what it does not have is said again. */
  settle(stored: ReadonlySet<string>): void;
  count(fate: Fate): number;
  /** Nothing is begun any more that was not said before. */
  enough(): void;
}

export function createLedger(name: string, texts: number): Ledger {
  const sent = new Map<string, Sent>();
  let todo = Array.from({ length: texts }, (_unused, text) => text);
  let marks = 0;
  let latest = -1;
  const all = (fate: Fate) => [...sent.values()].filter((each) => each.fate === fate);
  return {
    sent,
    take: (window) => {
      if (all("open").length >= window) return undefined;
      const text = todo.shift();
      if (text === undefined) return undefined;
      const message: Sent = { id: `${name}.${sent.size}`, text, order: sent.size, fate: "open" };
      sent.set(message.id, message);
      return message;
    },
    reflected: (id) => {
      const message = sent.get(id);
      if (!message || message.fate === "reflected") return false;
      message.fate = "reflected";
      latest = Math.max(latest, message.order);
      for (const earlier of all("open")) if (earlier.order < message.order) earlier.fate = "unknown";
      return true;
    },
    refused: (id) => {
      const message = sent.get(id);
      if (message?.fate !== "open" && message?.fate !== "unknown") return false;
      message.fate = "refused";
      todo.unshift(message.text);
      return true;
    },
    doubt: () => {
      for (const message of all("open")) message.fate = "unknown";
    },
    idle: () => todo.length === 0 && all("open").length === 0,
    askable: () => all("unknown").every((message) => message.order < latest),
    mark: () => {
      todo.push(texts + marks);
      marks += 1;
    },
    settle: (stored) => {
      for (const message of all("unknown")) {
        message.fate = stored.has(message.id) ? "stored" : "lost";
        if (message.fate === "lost") todo.push(message.text);
      }
    },
    count: (fate) => all(fate).length,
    enough: () => {
      const begun = new Set([...sent.values()].map(({ text }) => text));
      todo = todo.filter((text) => begun.has(text));
    },
  };
}

/** What the archive has, beside what the senders know of it: one line for each thing that is not as it must be. */
export function audit(ledgers: readonly Ledger[], archived: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const id of archived) times.set(id, (times.get(id) ?? 0) + 1);
  const problems: string[] = [];
  const known = new Map(ledgers.flatMap((ledger) => [...ledger.sent]));
  for (const [id, count] of times) {
    if (count > 1) problems.push(`${id} is archived ${count} times`);
    if (!known.has(id)) problems.push(`${id} is archived and was never sent`);
  }
  for (const { id, fate } of known.values()) {
    const must = fate === "reflected" || fate === "stored";
    if (must !== times.has(id)) problems.push(`${id} is ${fate} and ${times.has(id) ? "" : "not "}archived`);
  }
  for (const ledger of ledgers) {
    const ours = archived.flatMap((id) => ledger.sent.get(id) ?? []);
    ours.forEach((message, index) => {
      const before = ours[index - 1];
      if (before && before.order > message.order) problems.push(`${message.id} is archived after ${before.id}`);
    });
    const said = ours.map(({ text }) => text);
    if (new Set(said).size < said.length) problems.push("a text is archived twice, under two ids");
  }
  return problems;
}
