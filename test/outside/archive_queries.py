"""The archive as slixmpp asks for parts of it, and what it finds of people and messages there."""
from slixmpp import JID
from slixmpp.exceptions import IqError

from client import WAIT, condition

FULLTEXT = "{urn:xmpp:fulltext:0}fulltext"


async def ask(client, room, rsm=None, flip=False, **fields):
    """A query with these fields of the form; the messages in the order in which they came, and the answer's end."""
    iq = client.make_iq_set(ito=room)
    mam = iq["mam"]
    mam["queryid"] = iq["id"]
    for name, value in fields.items():
        if name == "ids":
            mam["ids"] = value
        elif name == "text":
            mam.set_custom_field(FULLTEXT, value)
        else:
            mam[name] = value
    for name, value in (rsm or {}).items():
        mam["rsm"][name] = value
    if flip:
        mam.xml.append(mam.xml.makeelement("{urn:xmpp:mam:2}flip-page", {}))
    fin = await iq.send(timeout=WAIT)
    results = [stanza["mam_result"] for stanza in client.came
               if stanza.name == "message" and stanza["mam_result"]["queryid"] == iq["id"]]
    return results, fin["mam_fin"]


def texts(results):
    return [result["forwarded"]["stanza"]["body"] for result in results]


async def queries(ada, bert, room):
    """Where the archive begins and ends, its form, and pages by id, by text, by person and turned round."""
    facts = {}
    await ada.join(room, "Ada")
    await bert.join(room, "Bert")
    for number in range(10):
        speaker = ada if number % 2 == 0 else bert
        text = f"Nachricht {number}: {'Die Häuser sind gebaut' if number in (3, 6) else 'Haushalt'}"
        speaker.say(room, text)
        await ada.said(room, text)
    everything, _ = await ask(ada, room)
    ids = [result["id"] for result in everything]
    facts["all"] = len(ids)

    metadata = (await ada.plugin["xep_0313"].get_archive_metadata(JID(room), timeout=WAIT))["mam_metadata"]
    facts["ends"] = [metadata["start"]["id"] == ids[0], metadata["end"]["id"] == ids[-1],
                     metadata["start"]["timestamp"] <= metadata["end"]["timestamp"]]
    form = await ada.plugin["xep_0313"].get_fields(JID(room), timeout=WAIT)
    fields = form.get_fields()
    facts["fields"] = sorted(name for name in fields if name != "FORM_TYPE")

    between, fin = await ask(bert, room, after_id=ids[1], before_id=ids[5])
    facts["between"] = [result["id"] for result in between] == ids[2:5]
    facts["complete"] = fin["complete"]
    some, _ = await ask(bert, room, ids=[ids[7], ids[2]])
    facts["some"] = [result["id"] for result in some] == [ids[2], ids[7]]
    turned, fin = await ask(bert, room, rsm={"max": "3", "before": True}, flip=True)
    facts["turned"] = [result["id"] for result in turned] == ids[:6:-1]
    # The page is turned round, its ends are not (XEP-0313 4.1.6).
    facts["its ends"] = [fin["rsm"]["first"] == ids[7], fin["rsm"]["last"] == ids[9], fin["rsm"]["count"]]
    found, _ = await ask(bert, room, text="haus")
    facts["found"] = [text[:11] for text in texts(found)]
    hers, _ = await ask(bert, room, **{"with": JID(f"{room}/Ada")})
    facts["hers"] = len(hers)
    for name, query in (("unknown id", {"after_id": "00000000-0000-4000-8000-000000000000"}),
                        ("unknown among ids", {"ids": [ids[0], "kein"]})):
        try:
            await ask(bert, room, **query)
        except IqError as error:
            facts[name] = condition(error)
    return facts


async def occupants(ada, bert, room):
    """One's occupant id is the same in presence, message and archive, with a new nick and again; and another elsewhere."""
    facts = {}
    await ada.join(room, "Ada")
    facts["offered"] = "urn:xmpp:occupant-id:0" in (
        await ada.plugin["xep_0030"].get_info(jid=JID(room), timeout=WAIT))["disco_info"]["features"]
    joined = await bert.join(room, "Bert")
    first = joined[0]["occupant-id"]["id"]
    bert.say(room, "ich")
    facts["said"] = (await ada.said(room, "ich"))["occupant-id"]["id"] == first
    await bert.muc.set_self_nick(JID(room), "Bertram", timeout=WAIT)
    renamed = await ada.until(lambda s: s.name == "presence" and s["from"].resource == "Bertram", "the new nick")
    facts["renamed"] = renamed["occupant-id"]["id"] == first
    bert.muc.leave_muc(JID(room), "Bertram")
    await ada.until(lambda s: s.name == "presence" and s["from"].resource == "Bertram" and s["type"] == "unavailable",
                    "the leave")
    again = await bert.join(room, "Berta")
    facts["again"] = again[0]["occupant-id"]["id"] == first
    results, _ = await ask(ada, room)
    facts["archived"] = results[0]["forwarded"]["stanza"]["occupant-id"]["id"] == first
    other = f"anders-{room}"
    facts["elsewhere"] = (await bert.join(other, "Bert"))[0]["occupant-id"]["id"] != first
    facts["others"] = len({presence["occupant-id"]["id"] for presence in [joined[0], *joined[2]]})
    # Nobody gives themselves another's.
    forged = bert.make_message(mto=room, mbody="nicht ich", mtype="groupchat")
    forged["occupant-id"]["id"] = joined[2][0]["occupant-id"]["id"]
    forged.send()
    facts["forged"] = (await ada.said(room, "nicht ich"))["occupant-id"]["id"] == first
    return facts


async def moderated(ada, bert, room):
    """What a moderator took away: announced, and a tombstone with who and why; gone for the search."""
    facts = {}
    await ada.join(room, "Ada")
    await bert.join(room, "Bert")
    bert.say(room, "Glücksspiel hier")
    stanza_id = (await ada.said(room, "Glücksspiel hier"))["stanza_id"]["id"]
    await ada.plugin["xep_0425"].moderate(JID(room), stanza_id, "Werbung")
    announced = await bert.until(lambda s: s.name == "message" and s.xml.find(".//{*}moderated") is not None,
                                 "the moderation")
    facts["reason"] = announced["retract"]["reason"] or announced.xml.findtext(".//{*}reason")
    results, _ = await ask(bert, room)
    stone = results[0]["forwarded"]["stanza"].xml.find("{urn:xmpp:message-retract:1}retracted")
    facts["stone"] = [results[0]["id"] == stanza_id, stone.findtext("{*}reason"),
                      stone.find("{urn:xmpp:message-moderate:1}moderated").get("by") == f"{room}/Ada"]
    found, _ = await ask(bert, room, text="glücksspiel")
    facts["found"] = len(found)
    for name, asked in (("twice", stanza_id), ("unknown", "00000000-0000-4000-8000-000000000000")):
        try:
            await ada.plugin["xep_0425"].moderate(JID(room), asked, "")
        except IqError as error:
            facts[name] = condition(error)
    return facts
