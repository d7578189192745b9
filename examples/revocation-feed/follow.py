"""Follows the revocation feed with the standard library alone; API and TOKEN come from the environment."""
import json, os, time, urllib.parse, urllib.request

users, sessions, after = {}, set(), None  # uid -> the lowest epoch that lives; the ids of dead sessions

def is_dead(claims):
    return claims.get("sid") in sessions or claims.get("epoch", 0) < users.get(claims["sub"], 0)

while True:
    query = urllib.parse.urlencode({"wait": 20, **({"after": after} if after else {})})
    request = urllib.request.Request(f"{os.environ['API']}/revocations?{query}")
    request.add_header("Authorization", f"Bearer {os.environ['TOKEN']}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
    except OSError as error:  # where nobody answers for long: let no token pass
        if getattr(error, "code", None) == 410:
            after = None  # the database was restored: begin again
        time.sleep(1)
        continue
    for item in answer["items"]:
        if "sid" in item:
            sessions.add(item["sid"])
        else:
            users[item["uid"]] = max(item["epoch"], users.get(item["uid"], 0))
        print(item["uid"], item.get("sid", "everything"), item["epoch"], flush=True)
    after = answer["next"]
