// SPDX-License-Identifier: EUPL-1.2
//! Clients whose network lets no datagram through: the same packets over TCP (RFC 6544), framed by their length (RFC 4571),
//! on the number of the media port.
//!
//! Sockets live in a thread of their own, so that a slow one holds up no media; the rooms are where they always are. The
//! rule: whoever says nothing that the SFU understands, or does not read, is let go of, and nothing waits for them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::Command;
use crate::core::{Way, is_check};
use crate::limits;

/// Out of file descriptors: wait for some to come back instead of spinning.
const BREATHER: std::time::Duration = std::time::Duration::from_millis(50);

/// The way of packets to one client.
pub struct Outlet {
    packets: mpsc::UnboundedSender<(Vec<u8>, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

impl Outlet {
    /// Queues a packet; false when so much waits already that it is of no use any more, or the client is gone.
    pub fn push(&self, packet: Vec<u8>) -> bool {
        let length = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        match Arc::clone(&self.room).try_acquire_many_owned(length) {
            Ok(permit) => self.packets.send((packet, permit)).is_ok(),
            Err(_) => false,
        }
    }
}

/// Listens on the address; an error when another program has it.
pub fn start(address: SocketAddr, commands: mpsc::UnboundedSender<Command>) -> io::Result<()> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    std::thread::Builder::new().name("sfu-tcp".into()).spawn(move || {
        runtime.block_on(async {
            match TcpListener::from_std(listener) {
                Ok(listener) => accept(listener, commands).await,
                Err(error) => tracing::error!(%error, "the socket for media over TCP cannot be used"),
            }
        });
    })?;
    Ok(())
}

async fn accept(listener: TcpListener, commands: mpsc::UnboundedSender<Command>) {
    let mut open: HashMap<IpAddr, usize> = HashMap::new();
    let (ended, mut ends) = mpsc::unbounded_channel();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(address) = ends.recv() => {
                forget(&mut open, address);
                continue;
            }
            () = commands.closed() => return,
        };
        let Ok((stream, remote)) = accepted else {
            tokio::time::sleep(BREATHER).await;
            continue;
        };
        let remote = canonical(remote);
        let all: usize = open.values().sum();
        let of_address = open.entry(remote.ip()).or_default();
        if *of_address >= limits::STREAMS_PER_ADDRESS || all >= limits::STREAMS_IN_ALL {
            continue;
        }
        *of_address += 1;
        let (commands, ended) = (commands.clone(), ended.clone());
        tokio::spawn(async move {
            // Whatever ends it ends this socket only.
            let _ = serve(stream, remote, &commands).await;
            let _ = commands.send(Command::StreamClosed { remote });
            let _ = ended.send(remote.ip());
        });
    }
}

fn forget(open: &mut HashMap<IpAddr, usize>, address: IpAddr) {
    if let Some(count) = open.get_mut(&address) {
        *count -= 1;
        if *count == 0 {
            open.remove(&address);
        }
    }
}

async fn serve(stream: TcpStream, remote: SocketAddr, commands: &mpsc::UnboundedSender<Command>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let local = stream.local_addr().ok().map(|local| canonical(local).ip());
    let way = Way {
        tcp: true,
        remote,
        local,
    };
    let (mut reader, writer) = stream.into_split();
    let first = timeout(limits::STREAM_FIRST, read(&mut reader)).await??;
    if !is_check(&first) {
        return Ok(());
    }
    let (packets, queue) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(limits::STREAM_QUEUE_BYTES));
    let _ = commands.send(Command::StreamOpened {
        remote,
        outlet: Outlet { packets, room },
    });
    tokio::select! {
        result = receive(reader, first, way, commands) => result,
        result = send(writer, queue) => result,
    }
}

/// Hands packets on until the client falls silent.
async fn receive(
    mut reader: OwnedReadHalf,
    first: Vec<u8>,
    way: Way,
    commands: &mpsc::UnboundedSender<Command>,
) -> io::Result<()> {
    // What waits for the rooms is bounded; more waits in the client's socket.
    let room = Arc::new(Semaphore::new(limits::STREAM_QUEUE_BYTES));
    let mut packet = first;
    loop {
        let length = u32::try_from(packet.len()).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&room).acquire_many_owned(length).await else {
            return Ok(());
        };
        let command = Command::Packet { way, packet, permit };
        if commands.send(command).is_err() {
            return Ok(());
        }
        packet = timeout(limits::STREAM_SILENT, read(&mut reader)).await??;
    }
}

/// One packet, after its length in two bytes.
async fn read(reader: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    let length = usize::from(reader.read_u16().await?);
    if length == 0 || length > limits::DATAGRAM_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut packet = vec![0; length];
    reader.read_exact(&mut packet).await?;
    Ok(packet)
}

async fn send(
    mut writer: OwnedWriteHalf,
    mut queue: mpsc::UnboundedReceiver<(Vec<u8>, OwnedSemaphorePermit)>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Some((packet, permit)) = queue.recv().await {
        bytes.clear();
        let mut permits = vec![permit];
        frame(&mut bytes, &packet);
        // What waits goes with one call.
        while let Ok((packet, permit)) = queue.try_recv() {
            frame(&mut bytes, &packet);
            permits.push(permit);
        }
        timeout(limits::STREAM_SILENT, writer.write_all(&bytes)).await??;
    }
    Ok(())
}

fn frame(bytes: &mut Vec<u8>, packet: &[u8]) {
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(&packet[..usize::from(length)]);
}

/// IPv4 in the form of IPv6 is IPv4.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket to a listener, and what the rooms are told.
    async fn open() -> (TcpStream, mpsc::UnboundedReceiver<Command>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (commands, told) = mpsc::unbounded_channel();
        tokio::spawn(accept(listener, commands));
        (TcpStream::connect(address).await.expect("connects"), told)
    }

    fn check() -> Vec<u8> {
        let head = [&[0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
        [&head[..], &[0, 6, 0, 8], b"abc:defg"].concat()
    }

    #[tokio::test]
    async fn packets_go_in_both_directions_whole_and_in_order() {
        let (mut client, mut told) = open().await;
        let mut bytes = Vec::new();
        let packets: Vec<_> = [check(), vec![128; 1_200], vec![20; 1]].into();
        packets.iter().for_each(|packet| frame(&mut bytes, packet));
        client.write_all(&bytes).await.expect("writes");
        let Some(Command::StreamOpened { outlet, .. }) = told.recv().await else {
            panic!("it opens first");
        };
        for expected in packets {
            let Some(Command::Packet { way, packet, .. }) = told.recv().await else {
                panic!("a packet");
            };
            assert!(way.tcp);
            assert_eq!(packet, expected);
        }
        for length in [1, 1_200, 7] {
            assert!(outlet.push(vec![9; length]));
        }
        for length in [1, 1_200, 7] {
            assert_eq!(usize::from(client.read_u16().await.expect("a length")), length);
            client.read_exact(&mut vec![0; length]).await.expect("a packet");
        }
        drop(client);
        assert!(matches!(told.recv().await, Some(Command::StreamClosed { .. })));
    }

    #[tokio::test]
    async fn who_begins_with_anything_but_a_check_is_let_go_of() {
        for first in [
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            vec![0, 0],
            vec![0, 4, 1, 2, 3, 4],
            vec![0xff; 2_000],
        ] {
            let (mut client, mut told) = open().await;
            client.write_all(&first).await.expect("writes");
            // A reset is an end as well.
            let rest = client.read_to_end(&mut Vec::new()).await;
            assert!(rest.is_err() || rest.is_ok_and(|count| count == 0));
            assert!(matches!(told.recv().await, Some(Command::StreamClosed { .. })));
        }
    }

    #[tokio::test]
    async fn what_a_client_does_not_read_is_dropped_and_the_rest_is_whole() {
        let (mut client, mut told) = open().await;
        let mut bytes = Vec::new();
        frame(&mut bytes, &check());
        client.write_all(&bytes).await.expect("writes");
        let Some(Command::StreamOpened { outlet, .. }) = told.recv().await else {
            panic!("it opens first");
        };
        let taken = (0..10_000).filter(|_| outlet.push(vec![9; 1_200])).count();
        assert!(taken < 10_000, "it never waits for a client");
        for _ in 0..taken {
            assert_eq!(client.read_u16().await.expect("a length"), 1_200);
            client.read_exact(&mut vec![0; 1_200]).await.expect("a packet");
        }
    }
}
