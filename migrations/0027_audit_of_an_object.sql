-- SPDX-License-Identifier: EUPL-1.2
-- What was done to one meeting, without reading the whole log.

CREATE INDEX audit_entries_object ON audit_entries (tenant, object);
