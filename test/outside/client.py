"""What the scenarios share: signing in with slixmpp, waiting with a bound, rooms."""
import asyncio
from slixmpp import ClientXMPP, JID

WAIT = 15


class Client(ClientXMPP):
    """One person of the demo, as any slixmpp program would be written."""

    def __init__(self, person, certificate):
        super().__init__(person["jid"] + "/slixmpp", person["password"])
        self.enable_direct_tls = False
        self.ca_certs = certificate
        for plugin in ("xep_0030", "xep_0004", "xep_0045", "xep_0050", "xep_0059", "xep_0199", "xep_0249", "xep_0308", "xep_0313", "xep_0359",
                       "xep_0421", "xep_0424", "xep_0425", "xep_0444", "xep_0461"):
            self.register_plugin(plugin)
        self.muc = self.plugin["xep_0045"]
        self.came = []
        self._waiting = []
        self.add_filter("in", self._take)

    def _take(self, stanza):
        if stanza.name in ("message", "presence"):
            self.came.append(stanza)
            for fits, future in list(self._waiting):
                if not future.done() and fits(stanza):
                    future.set_result(stanza)
        return stanza

    async def start(self, host, port):
        started = asyncio.Future()
        self.add_event_handler("session_start", lambda _: started.done() or started.set_result(True))
        self.add_event_handler("failed_all_auth", lambda _: started.done() or started.set_exception(Exception("auth")))
        self.connect(host, port)
        await asyncio.wait_for(started, WAIT)
        self.send_presence()
        return self

    async def until(self, fits, what):
        """The first stanza that fits, of those that came and of those to come."""
        for stanza in self.came:
            if fits(stanza):
                return stanza
        future = asyncio.Future()
        self._waiting.append((fits, future))
        try:
            return await asyncio.wait_for(future, WAIT)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.boundjid}: no {what}; came: " + "\n".join(str(s) for s in self.came[-5:]))

    async def join(self, room, nick, **options):
        return await self.muc.join_muc_wait(JID(room), nick, timeout=WAIT, **options)

    def say(self, room, text):
        message = self.make_message(mto=room, mbody=text, mtype="groupchat")
        message.send()
        return message["id"]

    async def said(self, room, text):
        """The reflected message with this body."""
        return await self.until(
            lambda s: s.name == "message" and s["from"].bare == room and s["body"] == text, f"message {text}")


def codes(presence):
    return sorted(int(code) for code in presence["muc"]["status_codes"])


def condition(error):
    return error.presence["error"]["condition"] if hasattr(error, "presence") else error.iq["error"]["condition"]
