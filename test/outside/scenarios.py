"""Scenarios that slixmpp plays; each gives facts that the test compares. Input: JSON on stdin. Output: JSON."""
import asyncio
import json
import sys

from slixmpp import JID
from slixmpp.exceptions import IqError, PresenceError

import archive_queries
import commands as command_scenarios
from client import WAIT, Client, codes, condition


async def rooms(ada, bert, room):
    """Making, entering, talking, a new nick, the subject, one to one, leaving."""
    facts = {}
    made = await ada.join(room, "Ada")
    facts["made"] = codes(made[0])
    joined = await bert.join(room, "Bert")
    facts["occupants"] = sorted(presence["from"].resource for presence in joined[2])
    try:
        await bert.muc.set_self_nick(JID(room), "Ada", timeout=2)
    except (asyncio.TimeoutError, TimeoutError):
        error = await bert.until(lambda s: s.name == "presence" and s["type"] == "error", "conflict")
        facts["conflict"] = error["error"]["condition"]
    facts["nick"] = str(await bert.muc.set_self_nick(JID(room), "Bertram", timeout=WAIT))
    await ada.until(lambda s: s.name == "presence" and s["from"].resource == "Bertram", "the new nick")
    ada.say(room, "Grüße aus Kiel")
    heard = await bert.said(room, "Grüße aus Kiel")
    facts["from"] = heard["from"].resource
    facts["ids"] = [bool(heard["stanza_id"]["id"]), bool(heard["occupant-id"]["id"])]
    bert.send_message(mto=f"{room}/Ada", mbody="leise", mtype="chat")
    whispered = await ada.until(lambda s: s.name == "message" and s["body"] == "leise", "the private message")
    facts["private"] = [whispered["type"], whispered["from"].resource]
    ada.muc.set_subject(room, "Haushalt")
    subject = await bert.until(lambda s: s.name == "message" and s["subject"] == "Haushalt", "the subject")
    facts["subject"] = subject["from"].resource
    bert.muc.leave_muc(JID(room), "Bertram")
    left = await ada.until(lambda s: s.name == "presence" and s["from"].resource == "Bertram"
                           and s["type"] == "unavailable", "the leave")
    facts["left"] = left["muc"]["role"]
    return facts


async def lists(ada, bert, room):
    """Roles, affiliations and their lists; kick and ban."""
    facts = {}
    await ada.join(room, "Ada")
    await bert.join(room, "Bert")
    bare = bert.boundjid.bare
    await ada.muc.set_role(room, "Bert", "visitor")
    quiet = await bert.until(lambda s: s.name == "presence" and s["from"].resource == "Bert"
                             and s["muc"]["role"] == "visitor", "the loss of voice")
    facts["voice"] = quiet["muc"]["role"]
    await ada.muc.set_affiliation(room, "member", jid=bare)
    facts["members"] = [str(jid) == bare for jid in await ada.muc.get_affiliation_list(room, "member")]
    await ada.muc.set_role(room, "Bert", "participant")
    facts["participants"] = [str(nick) for nick in await ada.muc.get_roles_list(room, "participant")]
    try:
        await bert.muc.set_role(room, "Ada", "none")
    except IqError as error:
        facts["kick of the owner"] = condition(error)
    await ada.muc.set_role(room, "Bert", "none", reason="Pause")
    kicked = await bert.until(lambda s: s.name == "presence" and 307 in codes(s), "the kick")
    facts["kicked"] = [code for code in codes(kicked) if code == 307]
    await bert.join(room, "Bert")
    await ada.muc.set_affiliation(room, "outcast", jid=bare, reason="Schluss")
    banned = await bert.until(lambda s: s.name == "presence" and 301 in codes(s), "the ban")
    facts["banned"] = banned["muc"]["affiliation"]
    try:
        await bert.join(room, "Bert")
    except PresenceError as error:
        facts["outcast"] = condition(error)
    facts["outcasts"] = [str(jid) == bare for jid in await ada.muc.get_affiliation_list(room, "outcast")]
    await ada.muc.set_affiliation(room, "none", jid=bare)
    facts["again"] = codes((await bert.join(room, "Bert"))[0])
    return facts


async def configuration(ada, bert, room):
    """The owner's form, a password, members only, an invitation, the end of a room."""
    facts = {}
    await ada.join(room, "Ada")
    try:
        await bert.muc.get_room_config(room)
    except IqError as error:
        facts["form of others"] = condition(error)
    form = await ada.muc.get_room_config(room)
    fields = form.get_fields()
    form["values"] = {"muc#roomconfig_roomname": "Sitzungssaal", "muc#roomconfig_roomsecret": "Sesam",
                      "muc#roomconfig_passwordprotectedroom": True}
    facts["fields"] = [name in fields for name in ("muc#roomconfig_roomname", "muc#roomconfig_membersonly")]
    await ada.muc.set_room_config(room, form)
    info = await bert.plugin["xep_0030"].get_info(jid=room)
    facts["name"] = [name for _, _, _, name in info["disco_info"]["identities"]]
    facts["features"] = [name for name in ("muc_passwordprotected", "muc_persistent")
                         if name in info["disco_info"]["features"]]
    try:
        await bert.join(room, "Bert")
    except PresenceError as error:
        facts["without"] = condition(error)
    facts["with"] = codes((await bert.join(room, "Bert", password="Sesam"))[0])
    await ada.muc.destroy(room, reason="Umzug", altroom=f"neu-{room}")
    gone = await bert.until(lambda s: s.name == "presence" and s["type"] == "unavailable"
                            and s.xml.find(".//{*}destroy") is not None, "the end of the room")
    facts["alternate"] = gone.xml.find(".//{*}destroy").get("jid") == f"neu-{room}"
    return facts


async def archive(ada, bert, room):
    """The archive in pages, both ways, and one message out of the middle."""
    facts = {}
    await ada.join(room, "Ada")
    for number in range(25):
        ada.say(room, f"Nachricht {number}")
    await ada.said(room, "Nachricht 24")
    await bert.join(room, "Bert", maxstanzas=0)
    texts, ids = [], []
    async for message in bert.plugin["xep_0313"].iterate(jid=JID(room), rsm={"max": 10}):
        result = message["mam_result"]
        texts.append(result["forwarded"]["stanza"]["body"])
        ids.append(result["id"])
    facts["forwards"] = texts == [f"Nachricht {number}" for number in range(25)]
    facts["ids"] = len(set(ids))
    page = await bert.plugin["xep_0313"].retrieve(jid=JID(room), rsm={"max": 5, "before": ids[10]}, timeout=WAIT)
    facts["before"] = [result["mam_result"]["forwarded"]["stanza"]["body"] for result in page["mam"]["results"]]
    return facts


async def changes(ada, bert, room):
    """Corrections, retractions, reactions and replies arrive as they were sent, and are archived."""
    facts = {}
    await ada.join(room, "Ada")
    await bert.join(room, "Bert")
    first = ada.say(room, "Tippfehlr")
    heard = await bert.said(room, "Tippfehlr")
    ada.plugin["xep_0308"].build_correction(id_to_replace=first, mto=JID(room), mtype="groupchat", mbody="Tippfehler").send()
    corrected = await bert.said(room, "Tippfehler")
    facts["corrects"] = corrected["replace"]["id"] == first
    stanza_id = heard["stanza_id"]["id"]
    ada.plugin["xep_0424"].send_retraction(mto=JID(room), id=stanza_id, mtype="groupchat", fallback_text="zurückgezogen")
    retracted = await bert.until(lambda s: s.name == "message" and s["from"].resource == "Ada"
                                 and s.xml.find("{urn:xmpp:message-retract:1}retract") is not None, "the retraction")
    facts["retracts"] = retracted["retract"]["id"] == stanza_id
    kinds = []
    async for message in bert.plugin["xep_0313"].iterate(jid=JID(room), rsm={"max": 10}):
        inner = message["mam_result"]["forwarded"]["stanza"].xml
        names = [child.tag.split("}")[1] for child in inner]
        kinds.append(next((name for name in names if name in ("replace", "retract", "retracted")), "body"))
    facts["archived"] = kinds
    return facts


async def moderation(ada, bert, room):
    """A moderator takes a message of somebody else away."""
    facts = {}
    await ada.join(room, "Ada")
    await bert.join(room, "Bert")
    bert.say(room, "Unfug")
    stanza_id = (await ada.said(room, "Unfug"))["stanza_id"]["id"]
    try:
        await bert.plugin["xep_0425"].moderate(JID(room), stanza_id, "darf ich?")
    except IqError as error:
        facts["participant"] = condition(error)
    await ada.plugin["xep_0425"].moderate(JID(room), stanza_id, "Unfug")
    announced = await bert.until(lambda s: s.name == "message" and s.xml.find(".//{*}moderated") is not None,
                                 "the moderation")
    facts["announced"] = [announced["from"] == room, announced["retract"]["id"] == stanza_id]
    bodies = []
    async for message in bert.plugin["xep_0313"].iterate(jid=JID(room), rsm={"max": 10}):
        bodies.append(message["mam_result"]["forwarded"]["stanza"]["body"])
    facts["gone from the archive"] = "Unfug" not in bodies
    return facts


SCENARIOS = [rooms, lists, configuration, archive, changes, moderation, archive_queries.queries, archive_queries.occupants,
             archive_queries.moderated, command_scenarios.commands, command_scenarios.search]


async def main():
    asked = json.load(sys.stdin)
    scenario = next(each for each in SCENARIOS if each.__name__ == asked["scenario"])
    ada, bert = [await Client(person, asked["certificate"]).start(asked["host"], asked["port"])
                 for person in asked["people"]]
    try:
        facts = await scenario(ada, bert, asked["room"])
        json.dump(facts, sys.stdout, ensure_ascii=False)
    finally:
        for client in (ada, bert):
            client.disconnect()
        await asyncio.sleep(0)


asyncio.run(asyncio.wait_for(main(), 60))
