// SPDX-License-Identifier: EUPL-1.2
//! Measures a meeting in process, without sockets: one line `name: value unit` each. CPU time is the thread's
//! own, from `/proc/thread-self/schedstat`, so that other programs on the machine hardly count.
//!
//! `cargo run --release -p konvent-meeting --example bench`

#[path = "../tests/meeting/parameters.rs"]
mod parameters;

use jiff::Timestamp;
use konvent_meeting::{
    ConnectionId, DeviceId, Dialect, Input, Joining, Meeting, Output, ParticipantId, ParticipationKind, Role, parse,
};
use uuid::Uuid;

use crate::parameters::{media_key, parameters};

fn join(number: u128) -> Input {
    let id = Uuid::from_u128((1 << 64) + number);
    Input::Join(Joining {
        connection: ConnectionId(id),
        participant: ParticipantId(id),
        device: DeviceId(id),
        display_name: format!("Participant {number}"),
        avatar_url: None,
        role: Role::Guest,
        kind: ParticipationKind::Guest,
        lobby: false,
        dialect: Dialect::July,
        media_url: "wss://meet.example.org".into(),
    })
}

/// Nanoseconds of CPU this thread has had.
fn cpu() -> f64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux with scheduler statistics");
    line.split(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .expect("a number of nanoseconds")
}

fn receivers(outputs: &[Output]) -> usize {
    let count = |output: &Output| match output {
        Output::Send { to, .. } => to.len(),
        _ => 0,
    };
    outputs.iter().map(count).sum()
}

fn main() {
    let now: Timestamp = "2026-01-01T10:00:00Z".parse().expect("a time");
    for people in [200, 1000] {
        let mut meeting = Meeting::new(parameters(), media_key(), now);
        let begin = cpu();
        for number in 0..people {
            std::hint::black_box(meeting.handle(now, join(number)));
        }
        println!(
            "meeting_join_cpu_mean_to_{people}: {:.3} ms",
            (cpu() - begin) / people as f64 / 1e6
        );

        const NEWCOMERS: u128 = 100;
        let begin = cpu();
        for number in people..people + NEWCOMERS {
            std::hint::black_box(meeting.handle(now, join(number)));
        }
        println!(
            "meeting_join_cpu_at_{people}: {:.3} ms",
            (cpu() - begin) / NEWCOMERS as f64 / 1e6
        );

        let text = r#"{"namespace":"chat","payload":{"action":"send_message","scope":"global","content":"Good morning, everybody"}}"#;
        let (mut deliveries, begin) = (0, cpu());
        for _ in 0..2000 {
            let Ok(command) = parse(text, now) else { return };
            let connection = ConnectionId(Uuid::from_u128(1 << 64));
            deliveries += receivers(&meeting.handle(now, Input::Command { connection, command }));
        }
        let rate = deliveries as f64 / ((cpu() - begin) / 1e9);
        println!("meeting_chat_deliveries_at_{people}: {rate:.0} 1/cpu-s");
    }
}
