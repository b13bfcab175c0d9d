# SPDX-License-Identifier: EUPL-1.2
# Hooks of schemathesis: ids in paths and bodies name things that exist, so that requests get past "not found". Where an id
# shall be malformed, it stays.

import functools
import os
import uuid

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

ADMINISTRATOR, CALLER = os.environ["ADMINISTRATOR_TOKEN"], os.environ["CALLER_TOKEN"]
PEOPLE = {"users": os.environ["COLLEAGUE_ID"], "admin": os.environ["STRANGER_ID"]}
SERIES = {
    "title": "Council",
    "is_time_independent": False,
    "is_all_day": False,
    "starts_at": {"datetime": "2030-01-07T10:00:00Z", "timezone": "Europe/Berlin"},
    "ends_at": {"datetime": "2030-01-07T11:00:00Z", "timezone": "Europe/Berlin"},
    "recurrence_pattern": ["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5"],
}
STREAM = {
    "name": "Council",
    "kind": "custom",
    "streaming_endpoint": "rtmps://live.example.org/app",
    "streaming_key": "secret",
    "public_url": "https://tv.example.org/council",
}


class Existing:
    """What requests can name, made when it is named, until something of it is changed or deleted."""

    path = ""

    def __init__(self, base: str):
        self.base = base

    def ask(self, method: str, path: str, token: str, **body) -> dict | list:
        answer = requests.request(method, self.base + path, headers={"Authorization": f"Bearer {token}"}, timeout=30, **body)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.text else {}

    def made(self, path: str, body: dict, token: str = CALLER) -> dict:
        return self.ask("POST", path, token, json=body)

    @functools.cached_property
    def event(self) -> dict:
        event = self.made("/v1/events", SERIES)
        for invited in ({"invitee": PEOPLE["users"], "role": "user"}, {"email": "guest@example.org", "role": "guest"}):
            self.made(f"/v1/events/{event['id']}/invites", invited)
        return event

    @property
    def event_id(self) -> str:
        return self.event["id"]

    @functools.cached_property
    def instance_id(self) -> str:
        return self.ask("GET", f"/v1/events/{self.event_id}/instances", CALLER)[0]["instance_id"]

    @property
    def room_id(self) -> str:
        return self.event["room"]["id"]

    @functools.cached_property
    def target_id(self) -> str:
        return self.made(f"/v1/rooms/{self.room_id}/streaming_targets", STREAM)["id"]

    @functools.cached_property
    def invite_code(self) -> str:
        return self.made(f"/v1/rooms/{self.room_id}/invites", {})["invite_code"]

    @functools.cached_property
    def asset_id(self) -> str:
        path = f"/v1/rooms/{self.room_id}/assets?kind=document&file_extension=txt"
        return self.ask("POST", path, CALLER, data=b"minutes")["id"]

    @property
    def secret(self) -> str:
        path = f"/v1/rooms/{self.room_id}/assets/{self.asset_id}/download?redirect=false"
        return self.ask("GET", path, CALLER)["url"].rpartition("/")[2]

    @property
    def file(self) -> str:
        return self.made("/v1/users/me/calendar_feed", {})["url"].rpartition("/")[2]

    @property
    def user_id(self) -> str:
        return PEOPLE["admin" if "/admin/" in self.path else "users"]

    invitee = user_id

    @functools.cached_property
    def tariff_id(self) -> str:
        return self.made("/v1/admin/tariffs", {"name": str(uuid.uuid4())}, ADMINISTRATOR)["id"]

    @functools.cached_property
    def tenant_id(self) -> str:
        return self.made("/v1/admin/tenants", {"name": str(uuid.uuid4())}, ADMINISTRATOR)["id"]


NAMES = {name for name in vars(Existing) if name.endswith(("_id", "_code")) or name in ("secret", "file", "invitee")}
existing = None


@schemathesis.hook
def before_call(context, case, kwargs):
    global existing
    existing = existing or Existing(case.operation.base_url.rstrip("/"))
    existing.path = case.operation.path
    for location, values in ((ParameterLocation.PATH, case.path_parameters), (ParameterLocation.BODY, case.body)):
        if isinstance(values, dict) and not case.meta.is_negative_at(location):
            for name in NAMES & values.keys():
                if values[name] is not None:
                    values[name] = getattr(existing, name)
    # A room has room for few targets.
    if case.method in ("PATCH", "DELETE") or existing.path.endswith("/streaming_targets"):
        existing = None
