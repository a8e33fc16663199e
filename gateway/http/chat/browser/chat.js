/** Runs in the browser: puts our own head and foot into the sign-in page and starts Converse.js. */
const { tenant, texts, links, converse: settings } = JSON.parse(document.getElementById("settings").textContent);

/** An element with text or children, made without innerHTML. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Converse.js leaves a custom element alone that is defined already. Its own brand, navigation bar and foot advertise
 * it and load pictures from elsewhere; the credit and the link to its source stay.
 */
function define(name, build) {
  customElements.define(
    name,
    class extends HTMLElement {
      connectedCallback() {
        this.replaceChildren(...build());
      }
    },
  );
}

define("converse-brand-logo", () => [
  element(
    "h1",
    { class: "kontor-brand" },
    element("span", { class: "kontor-kind" }, texts.signInAt),
    element("span", { class: "kontor-tenant" }, tenant),
  ),
]);

define("converse-controlbox-navbar", () => [document.getElementById("languages").content.cloneNode(true)]);

define("converse-footer", () => [
  element(
    "footer",
    { class: "kontor-foot" },
    element("a", { href: links.chooser }, texts.otherTenant),
    element("a", { href: links.home }, texts.home),
    element(
      "a",
      { href: "https://github.com/conversejs/converse.js", target: "_blank", rel: "noopener" },
      texts.credit,
    ),
  ),
]);

/** What Converse.js leaves out: what its fields are for (WCAG 1.3.5), and the name of its buttons for hints (4.1.2). */
const purposes = { "converse-login-jid": "username", "converse-login-password": "current-password" };
new MutationObserver(() => {
  for (const [id, purpose] of Object.entries(purposes)) {
    document.getElementById(id)?.setAttribute("autocomplete", purpose);
  }
  for (const button of document.querySelectorAll("converse-popover button[data-bs-title]:not([aria-label])")) {
    button.setAttribute("aria-label", button.dataset.bsTitle);
  }
}).observe(document.body, { childList: true, subtree: true });

const NS_OCCUPANT_ID = "urn:xmpp:occupant-id:0";

/** What Converse.js 14 does not do by itself. */
const plugin = {
  initialize() {
    const { _converse } = this;
    // Whoever makes a room enters it before the room can be asked whether it gives occupant ids (XEP-0421), and then
    // never learns the own one: the own reaction would be counted twice. And members that it knows by their address,
    // from the list of them, would be shown a second time when they come in.
    _converse.api.listen.on("parseMUCPresence", (stanza, attrs) => {
      const stated = [...stanza.children].find((child) => child.namespaceURI === NS_OCCUPANT_ID)?.getAttribute("id");
      if (!stated) return attrs;
      const { occupants } = _converse.state.chatboxes.get(attrs.muc_jid) ?? {};
      const [bare] = attrs.jid?.split("/") ?? [];
      const listed = bare && occupants?.findWhere({ jid: bare });
      if (listed && !listed.get("occupant_id")) listed.save({ occupant_id: stated });
      return { ...attrs, occupant_id: stated };
    });
    _converse.api.listen.on("enteredNewRoom", (room) => {
      const own = room.getOwnOccupant()?.get("occupant_id");
      if (own) room.save({ occupant_id: own });
    });
    // Others name what they take back by its id of the archive (XEP-0424 4); it looks for the sender's alone.
    _converse.api.listen.on("parseMUCMessage", (_stanza, attrs, room) => {
      const named = attrs.retracted_id && { [`stanza_id ${room.get("jid")}`]: attrs.retracted_id };
      const message = named && room.messages.findWhere(named);
      return message ? { ...attrs, retracted_id: message.get("msgid") } : attrs;
    });
    // It does not say which language its forms and errors shall have (RFC 6120 8.1.5).
    _converse.api.listen.on("connectionInitialized", () => {
      const connection = _converse.api.connection.get();
      const send = connection.sendIQ.bind(connection);
      connection.sendIQ = (iq, ...rest) => {
        const element = iq.tree?.() ?? iq;
        element.setAttribute("xml:lang", document.documentElement.lang);
        return send(element, ...rest);
      };
    });
    // A person who does not trust the device leaves nothing behind: when a sign-in fails or they sign out, it empties all
    // it keeps, and with it the box that holds the sign-in form, and shows a blank page. This puts the box back.
    _converse.api.listen.on("chatBoxesInitialized", () => {
      const { chatboxes, chatboxviews } = _converse.state;
      chatboxes.on("reset", () => {
        if (chatboxes.get("controlbox")) return;
        chatboxes.add(new _converse.exports.ControlBox({ id: "controlbox" }));
        chatboxviews.get("controlbox")?.setModel();
      });
    });
  },
};

const waiting = document.getElementById("waiting");
document.getElementById("loading").hidden = false;
try {
  const { default: converse } = await import(`${settings.assets_path}/converse.min.js`);
  converse.plugins.add("kontor", plugin);
  await converse.initialize({ ...settings, whitelisted_plugins: ["kontor"] });
  waiting.remove();
} catch (error) {
  document.getElementById("loading").hidden = true;
  waiting.append(element("p", { class: "failed", role: "alert" }, texts.loadFailed));
  throw error;
}
