// SPDX-License-Identifier: EUPL-1.2
//! Prints the OpenAPI document. Not a server. `cargo run -p konvent-server --example openapi > docs/api/openapi.json`

fn main() {
    print!("{}", konvent_server::door::routes::document());
}
