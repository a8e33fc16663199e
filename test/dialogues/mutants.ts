/** What a stanza looks like after something in it went wrong. Pure. */
import { childElements, type Element, parseXml, x } from "../../components/stanza.ts";

interface Mutant {
  /** What was done where, for the message of a test that fails. */
  readonly what: string;
  readonly stanza: Element;
}

const MANY = 100;
const LONG = "lang ".repeat(4_000);
const DEEP = 500;
/** Nothing, no number, far too much of one, characters that turn, hide or look alike, no address, too long. */
const VALUES = ["", "NaN", "-1", "99999999999999999999", "\u202Egnirtni\u200B", "Іngrіd", "@@/", LONG];
/** Who it comes from and goes to, and how its answer is known. */
const KEPT = ["to", "from", "id", "xmlns"];

/**
 * All mutants of a stanza: each of its elements left out, doubled, given many times, renamed, of another namespace, with
 * other text and something deep in it; each of its attributes left out and of odd values, every third of them in turn.
 * Its addresses and its id stay.
 */
export function mutantsOf(original: Element): Mutant[] {
  const mutants: Mutant[] = [];
  let turn = 0;
  const oddValues = () => {
    turn += 1;
    return VALUES.filter((_value, index) => (index + turn) % 3 === 0);
  };
  const paths: number[][] = [[]];
  for (const path of paths)
    childElements(at(original, path)).forEach((_child, index) => void paths.push([...path, index]));
  for (const path of paths) {
    const name = at(original, path).name;
    const mutate = (what: string, change: (element: Element, parent: Element | undefined) => void) => {
      const stanza = parseXml(original.toString());
      change(at(stanza, path), path.length === 0 ? undefined : at(stanza, path.slice(0, -1)));
      mutants.push({ what: `<${name}> ${what}`, stanza });
    };
    for (const [key, value] of Object.entries(at(original, path).attrs)) {
      if (path.length === 0 && KEPT.includes(key)) continue;
      mutate(`without ${key}`, (element) => void delete element.attrs[key]);
      for (const odd of key === "xmlns" ? ["urn:example:wrong"] : oddValues()) {
        if (odd !== value)
          mutate(`${key}='${brief(odd)}'`, (element) => {
            element.attrs[key] = odd;
          });
      }
    }
    if (childElements(at(original, path)).length === 0) {
      for (const odd of oddValues())
        mutate(`says '${brief(odd)}'`, (element) => {
          element.children = [odd];
        });
    }
    mutate("with something deep", (element) => void element.cnode(deep()));
    mutate("with something unknown", (element) => void element.cnode(x("what", { xmlns: "urn:example:ever" })));
    if (path.length === 0) continue;
    mutate("left out", (element, parent) => {
      if (parent) parent.children = parent.children.filter((child) => child !== element);
    });
    mutate("renamed", (element) => {
      element.name = "what";
    });
    mutate("twice", (element, parent) => void parent?.cnode(copy(element)));
    mutate(`${MANY} times`, (element, parent) => {
      for (let more = 1; more < MANY; more += 1) parent?.cnode(copy(element));
    });
  }
  return mutants;
}

const brief = (value: string): string => (value.length > 30 ? `${value.slice(0, 10)}...` : value);
const copy = (element: Element): Element => parseXml(element.toString());

function at(root: Element, path: readonly number[]): Element {
  let element = root;
  for (const index of path) element = childElements(element)[index] ?? element;
  return element;
}

function deep(): Element {
  let element = x("a");
  for (let depth = 1; depth < DEEP; depth += 1) element = x("a", {}, element);
  return element;
}
