import { createHash } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { parseXml } from "../components/stanza.ts";
import { canVerify, verifiedKind } from "./core-caps.ts";

const query = (inner: string) => parseXml(`<query xmlns='http://jabber.org/protocol/disco#info'>${inner}</query>`);
const caps = (ver: string, hash = "sha-1") => ({ hash, node: "http://client.example", ver });
const made = (text: string, algorithm = "sha1") => createHash(algorithm).update(text).digest("base64");

// XEP-0115 5.2 and 5.3, with the hashes that stand there.
const exodus = `<identity category='client' name='Exodus 0.9.1' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>`;
const psi = `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
  <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>
  <x xmlns='jabber:x:data' type='result'>
    <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
    <field var='ip_version'><value>ipv4</value><value>ipv6</value></field>
    <field var='os'><value>Mac</value></field><field var='os_version'><value>10.5.1</value></field>
    <field var='software'><value>Psi</value></field><field var='software_version'><value>0.11</value></field>
  </x>`;

describe("an answer that is what the hash was made of", () => {
  test.each([
    ["the simple example of the XEP", exodus, caps("QgayPKawpkPSDYmwT/WM94uAlu0="), "pc"],
    ["the complex one", psi, caps("q07IKJEyjvHSyhy//CH0CxmKi8w="), "pc"],
    ["a phone", "<identity category='client' type='phone'/>", caps(made("client/phone//<")), "phone"],
    ["by SHA-256", "<identity category='client' type='web'/>", caps(made("client/web//<", "sha256"), "sha-256"), "web"],
    ["no client", "<identity category='gateway' type='phone'/>", caps(made("gateway/phone//<")), null],
    ["a kind that nobody knows", "<identity category='client' type='toaster'/>", caps(made("client/toaster//<")), null],
    ["features by their bytes", "<feature var='b'/><feature var='B'/>", caps(made("B<b<")), null],
    ["a form of no type", "<feature var='a'/><x xmlns='jabber:x:data'><field var='os'/></x>", caps(made("a<")), null],
  ])("%s", (_name, inner, said, kind) => {
    expect(verifiedKind(query(inner), said)).toBe(kind);
  });
});

describe("an answer that is refused", () => {
  const twice = "<feature var='a'/>".repeat(2);
  const form = (type: string) => `<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'>${type}</field></x>`;
  test.each([
    ["of another software", exodus.replace("0.9.1", "0.9.2"), caps("QgayPKawpkPSDYmwT/WM94uAlu0=")],
    ["a hash that is none", exodus, caps("wrong")],
    ["an algorithm that is not in use", "<feature var='a'/>", caps(made("a<", "md5"), "md5")],
    ["a feature twice", twice, caps(made("a<a<"))],
    ["an identity twice", "<identity category='c' type='t'/>".repeat(2), caps(made("c/t//<c/t//<"))],
    ["two forms of one type", form("<value>f</value>").repeat(2), caps(made("f<f<"))],
    ["a form of two types", form("<value>f</value><value>g</value>"), caps(made("f<"))],
    ["too many features", Array.from({ length: 501 }, (_, n) => `<feature var='${n}'/>`).join(""), caps("any")],
    ["too long", `<feature var='${"a".repeat(40_000)}'/>`, caps(made(`${"a".repeat(40_000)}<`))],
  ])("%s", (_name, inner, said) => {
    expect(verifiedKind(query(inner), said)).toBeUndefined();
  });

  test("what cannot be verified is not asked for", () => {
    expect([caps("x"), caps("x", "sha-512"), caps("x", "constructor"), caps("x", "md5")].map(canVerify)).toEqual([
      ...[true, true, false, false],
    ]);
  });
});
