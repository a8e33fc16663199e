import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { KontorError } from "../platform/errors.ts";
import { silentLog } from "../test/support/real.ts";
import { createRouter, type RouterOptions } from "./router.ts";
import { attr, childElements, type Element, parseXml, x } from "./stanza.ts";

const SENDER = "inge@amt.example/büro";

function open(more: Partial<RouterOptions> = {}) {
  const sent: Element[] = [];
  let ids = 0;
  const router = createRouter({
    send: (stanza) => {
      sent.push(stanza);
      return true;
    },
    log: silentLog,
    newId: () => `id-${ids++}`,
    admit: (from) => {
      if (!from.domain.endsWith("amt.example")) throw new KontorError("forbidden");
    },
    iq: [],
    identity: { category: "component", type: "generic", name: "Test" },
    features: ["urn:extra"],
    ...more,
  });
  const route = async (xml: string) => {
    await router.route(parseXml(xml));
    return sent.splice(0).map((stanza) => stanza.toString());
  };
  return { router, sent, route };
}

const iq = (type: string, child: string, to = "x.amt.example", id = "1") =>
  `<iq type='${type}' from='${SENDER}' to='${to}' id='${id}'>${child}</iq>`;
const conditionOf = (text: string | undefined) => {
  const error = text === undefined ? undefined : parseXml(text).getChild("error");
  return error ? childElements(error)[0]?.name : undefined;
};

describe("every iq get and set is answered exactly once", () => {
  const routes: RouterOptions["iq"] = [
    { to: "domain", type: "get", ns: "urn:a", name: "query", handle: () => x("query", { xmlns: "urn:a" }) },
    { to: "bare", type: "set", ns: "urn:a", handle: async () => undefined },
    {
      to: "full",
      type: "get",
      ns: "urn:a",
      handle: () => {
        throw new KontorError("not-found", "Nobody");
      },
    },
    { to: "domain", type: "set", ns: "urn:broken", handle: () => Promise.reject(new TypeError("a defect")) },
  ];
  test.each([
    ["a route of the table", iq("get", "<query xmlns='urn:a'/>"), "result", undefined],
    ["an empty result", iq("set", "<any xmlns='urn:a'/>", "r@x.amt.example"), "result", undefined],
    ["an error thrown", iq("get", "<q xmlns='urn:a'/>", "r@x.amt.example/n"), "error", "item-not-found"],
    ["a defect", iq("set", "<q xmlns='urn:broken'/>"), "error", "internal-server-error"],
    ["a ping", iq("get", "<ping xmlns='urn:xmpp:ping'/>"), "result", undefined],
    ["an unknown namespace", iq("get", "<query xmlns='urn:b'/>"), "error", "service-unavailable"],
    ["another name", iq("get", "<other xmlns='urn:a'/>"), "error", "service-unavailable"],
    ["another type", iq("set", "<query xmlns='urn:a'/>"), "error", "service-unavailable"],
    ["another address", iq("get", "<query xmlns='urn:a'/>", "r@x.amt.example"), "error", "service-unavailable"],
    ["no child", iq("get", ""), "error", "bad-request"],
    ["two children", iq("get", "<query xmlns='urn:a'/><query xmlns='urn:a'/>"), "error", "bad-request"],
    ["no id", `<iq type='get' from='${SENDER}' to='x.amt.example'><query xmlns='urn:a'/></iq>`, "error", "bad-request"],
    ["an unknown type", iq("take", "<query xmlns='urn:a'/>"), "error", "bad-request"],
    ["a malformed address", iq("get", "<query xmlns='urn:a'/>", "a b@x.amt.example"), "error", "jid-malformed"],
  ])("%s", async (_name, xml, type, condition) => {
    const answers = await open({ iq: routes }).route(xml);
    expect(answers).toHaveLength(1);
    const answer = parseXml(answers[0] ?? "");
    expect([answer.name, attr(answer, "type"), attr(answer, "to")]).toEqual(["iq", type, SENDER]);
    expect(conditionOf(answers[0])).toBe(condition);
  });

  it("whatever it holds", async () => {
    const word = fc.constantFrom("urn:a", "urn:broken", "urn:b", "query", "ping", "urn:xmpp:ping");
    const stanza = fc.record({
      type: fc.constantFrom("get", "set"),
      children: fc.array(fc.tuple(word, word), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(stanza, fc.constantFrom("", "r@", "a b@"), async ({ type, children }, local) => {
        const payload = children.map(([name, ns]) => `<${name.replaceAll(":", "-")} xmlns='${ns}'/>`).join("");
        expect(await open({ iq: routes }).route(iq(type, payload, `${local}x.amt.example`))).toHaveLength(1);
      }),
    );
  });
});

describe("answers are never answered", () => {
  test.each(["iq", "message", "presence"])("%s of type error", async (name) => {
    const fail = () => {
      throw new KontorError("not-found");
    };
    const { route } = open({ message: fail, presence: fail });
    expect(await route(`<${name} type='error' from='${SENDER}' to='x.amt.example' id='1'><error/></${name}>`)).toEqual(
      [],
    );
  });

  it("a result nobody waits for, and a stanza without a sender", async () => {
    const { route } = open();
    expect(await route(iq("result", ""))).toEqual([]);
    expect(await route("<iq type='get' to='x.amt.example' id='1'><ping xmlns='urn:xmpp:ping'/></iq>")).toEqual([]);
  });
});

it("turns strangers away before anything looks at what they sent", async () => {
  let handled = 0;
  const count = () => {
    handled += 1;
  };
  const { route } = open({ message: count, presence: count });
  for (const stanza of ["<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "<message/>", "<presence/>"]) {
    const [answer] = await route(stanza.replace(/^<(\w+)/, "<$1 from='eve@other.example' to='x.amt.example'"));
    expect(conditionOf(answer)).toBe("forbidden");
  }
  expect(handled).toBe(0);
});

it("tells of itself what it does", async () => {
  const { route } = open({ iq: [{ to: "domain", type: "get", ns: "urn:a", handle: () => undefined }] });
  const [info] = await route(iq("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>"));
  const query = parseXml(info ?? "").getChild("query");
  expect(query?.getChildren("feature").map((each) => each.attrs.var)).toEqual([
    "http://jabber.org/protocol/disco#info",
    "urn:a",
    "urn:extra",
    "urn:xmpp:ping",
  ]);
});

describe("a request", () => {
  const ask = () => x("iq", { type: "get", to: "Inge@AMT.example/büro" }, x("ping", { xmlns: "urn:xmpp:ping" }));

  it("gives its answer, and takes it only from whom it asked", async () => {
    const { router, route } = open();
    const answer = router.request(ask());
    await route("<iq type='result' id='id-0' from='eve@amt.example/x' to='x.amt.example'><forged/></iq>");
    await route(iq("result", "<right/>", "x.amt.example", "id-0"));
    expect((await answer).getChild("right")).toBeDefined();
  });

  it("rejects with the error of the answer, of a lost stream, of a stream that is down, of silence", async () => {
    const { router, route } = open();
    const refused = router.request(ask());
    await route(
      iq(
        "error",
        "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        "x.amt.example",
        "id-0",
      ),
    );
    await expect(refused).rejects.toMatchObject({ code: "not-found" });
    const lost = router.request(ask());
    router.abandon();
    await expect(lost).rejects.toMatchObject({ code: "unavailable" });
    await expect(open({ send: () => false }).router.request(ask())).rejects.toMatchObject({ code: "unavailable" });
    await expect(router.request(ask(), 1)).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("what an error is about stands before the error", async () => {
  const { route } = open({
    errorContext: ({ name }) => (name === "presence" ? x("x", { xmlns: "urn:about" }) : undefined),
    presence: () => {
      throw new KontorError("conflict");
    },
  });
  const [refused = ""] = await route(`<presence from='${SENDER}' to='r@x.amt.example/n'/>`);
  expect(childElements(parseXml(refused)).map(({ name }) => name)).toEqual(["x", "error"]);
  const [answer = ""] = await route(iq("get", "<query xmlns='urn:none'/>"));
  expect(childElements(parseXml(answer)).map(({ name }) => name)).toEqual(["error"]);
});
