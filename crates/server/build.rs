// SPDX-License-Identifier: EUPL-1.2
//! Makes cargo compile the migrations anew when a file is added: the macro that embeds them is told of changed files only.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
