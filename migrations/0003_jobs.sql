-- SPDX-License-Identifier: EUPL-1.2
-- Work to be done later. A row goes when its work is done; what has been given up stays in the state 'failed'. `run_at` is
-- when it may be taken next; none: not by itself. Whoever runs it holds `lease` and moves `run_at` on; when that time
-- passes, whoever held it is gone.

CREATE TABLE jobs (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    run_at BIGINT,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    lease TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX jobs_due ON jobs (run_at);
