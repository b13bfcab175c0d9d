-- SPDX-License-Identifier: EUPL-1.2
-- Addresses of what the law wants on the pages of an organisation; NULL: as the settings say, or none.

ALTER TABLE tenants ADD COLUMN imprint_url TEXT;
ALTER TABLE tenants ADD COLUMN data_protection_url TEXT;
ALTER TABLE tenants ADD COLUMN accessibility_url TEXT;
