// SPDX-License-Identifier: EUPL-1.2
//! Prints the page on personal data, for `docs/operate/personal-data.md`.

fn main() {
    print!("{}", konvent_server::privacy::inventory::page());
}
