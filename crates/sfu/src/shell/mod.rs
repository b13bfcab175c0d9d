// SPDX-License-Identifier: EUPL-1.2
//! The thread around a [`Core`]: its UDP socket, its clock, its signaling queues.
//!
//! No decision about media is made here. One turn: wait, take everything that is there, let the core
//! work, send everything it has to say.

mod mmsg;
mod queue;
mod tcp;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as StdUdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::admission::Joining;
use crate::api::{Config, Load, Participant, Permission, StartError, TrackSource, Traffic};
use crate::connection::{Frame, Outlet};
use crate::core::{self, ConnectionId, Core, Input, Outputs, Settings, Way};
use crate::request::Asked;

/// Room for the burst of a keyframe to hundreds of subscribers.
const SOCKET_BUFFER: usize = 8 * 1024 * 1024;
/// Batches taken from the socket before what they caused is sent.
const BATCHES: usize = 4;
/// Dropped packets are told at most this often.
const TELL_LOSSES: Duration = Duration::from_secs(60);
/// Commands taken in one turn.
const COMMANDS: usize = 64;

/// A message to the thread.
pub enum Command {
    Connect {
        connection: ConnectionId,
        joining: Box<Joining>,
        outlet: Outlet,
    },
    Frame {
        connection: ConnectionId,
        asked: Asked,
        cost: f64,
        text: bool,
        permit: OwnedSemaphorePermit,
    },
    Disconnect {
        connection: ConnectionId,
    },
    /// A client reaches the media over TCP.
    StreamOpened {
        remote: SocketAddr,
        outlet: tcp::Outlet,
    },
    Packet {
        way: Way,
        packet: Vec<u8>,
        permit: OwnedSemaphorePermit,
    },
    StreamClosed {
        remote: SocketAddr,
    },
    Traffic {
        reply: oneshot::Sender<(Traffic, Load)>,
    },
    Participants {
        room: String,
        reply: oneshot::Sender<Vec<Participant>>,
    },
    Mute {
        room: String,
        identity: String,
        source: TrackSource,
        muted: bool,
        reply: oneshot::Sender<bool>,
    },
    Remove {
        room: String,
        identity: String,
        revoke_ms: Option<u64>,
        reply: oneshot::Sender<bool>,
    },
    Permit {
        room: String,
        identity: String,
        permission: Permission,
        decided_ms: u64,
        reply: oneshot::Sender<bool>,
    },
    DeleteRoom {
        room: String,
        reply: oneshot::Sender<()>,
    },
    Stop,
}

/// Binds the socket and starts the thread.
pub fn start(config: Config) -> Result<(mpsc::UnboundedSender<Command>, SocketAddr), StartError> {
    let bind = |reason| StartError::Bind {
        address: config.udp,
        reason,
    };
    let socket = open(config.udp).map_err(bind)?;
    let address = socket.local_addr().map_err(bind)?;
    let mut addresses = config.advertised.clone();
    if addresses.is_empty() {
        addresses = own_addresses(address.ip());
        tell_reach(&addresses, address);
    }
    let candidates = addresses
        .iter()
        .map(|ip| SocketAddr::new(*ip, address.port()))
        .collect();
    let settings = Settings {
        keys: config.keys,
        candidates,
        tcp: false,
        certificate: core::certificate(),
        // Names only have to differ between processes; the standard library seeds its maps randomly.
        seed: RandomState::new().build_hasher().finish(),
    };
    let (commands, queue) = mpsc::unbounded_channel();
    let tcp = tcp::start(address, commands.clone());
    if let Err(error) = &tcp {
        tracing::warn!(%error, "TCP port {} is not free: clients whose network lets no UDP through get no media", address.port());
    }
    let settings = Settings {
        tcp: tcp.is_ok(),
        ..settings
    };
    let mapped = address.is_ipv6();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(StartError::Thread)?;
    std::thread::Builder::new()
        .name("sfu".into())
        .spawn(move || runtime.block_on(run(socket, mapped, settings, queue)))
        .map_err(StartError::Thread)?;
    Ok((commands, address))
}

fn open(address: SocketAddr) -> io::Result<StdUdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // The system may grant less without saying so.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
    if let Some((receive, send)) = granted_too_little(&socket) {
        tracing::warn!(
            "the system grants the media socket buffers of {receive} kB for receiving and {send} kB for sending instead of \
             {wanted} kB; with many people in a meeting packets can be lost. Set: \
             sysctl -w net.core.rmem_max={SOCKET_BUFFER} net.core.wmem_max={SOCKET_BUFFER}",
            wanted = SOCKET_BUFFER / 1024,
        );
    }
    mmsg::tell_local(&socket, address)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// The buffers of the socket in kB, when they are smaller than asked for.
fn granted_too_little(socket: &Socket) -> Option<(usize, usize)> {
    // Linux tells twice what it grants (socket(7)).
    let receive = socket.recv_buffer_size().ok()? / 2;
    let send = socket.send_buffer_size().ok()? / 2;
    (receive.min(send) < SOCKET_BUFFER).then_some((receive / 1024, send / 1024))
}

/// Addresses under which this machine is reached: those it would send from. Nothing is sent. The loopback address is one
/// for who asks for it, or on a machine without a network.
fn own_addresses(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    let source = |from: &str, to: &str| {
        let socket = StdUdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let mut found: Vec<_> = source("0.0.0.0:0", "192.0.2.1:9").into_iter().collect();
    if bound.is_ipv6() {
        found.extend(source("[::]:0", "[2001:db8::1]:9"));
    }
    found.retain(|address| !address.is_loopback());
    if found.is_empty() {
        found.push(Ipv4Addr::LOCALHOST.into());
    }
    found
}

/// Says so when nobody outside of this network can reach any of the addresses.
fn tell_reach(addresses: &[IpAddr], bound: SocketAddr) {
    if !addresses.iter().any(|address| is_public(*address)) && !bound.ip().is_loopback() {
        let known: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
        tracing::warn!(
            "audio and video reach only people in this network: the addresses of this machine ({}) are private. Behind \
             address translation name the public one with media.advertised and pass port {} on, UDP and TCP",
            known.join(", "),
            bound.port(),
        );
    }
}

/// Whether an address can be reached from everywhere (RFC 1918, 3927, 6598, 4193, 4291).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared)
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified())
        }
    }
}

/// The only clock of the package.
pub fn now() -> Instant {
    Instant::now()
}

struct Shell {
    core: Core,
    out: Outputs,
    connections: HashMap<ConnectionId, Outlet>,
    /// Clients that are reached over TCP.
    streams: HashMap<SocketAddr, tcp::Outlet>,
    sender: mmsg::Sender,
    queue: queue::Queue,
    /// Packets that went over TCP, and those for which there was no room.
    over_tcp: (u64, u64),
    /// When refused and lost datagrams were last told, and how many there were.
    told: (Instant, Traffic),
}

async fn run(socket: StdUdpSocket, mapped: bool, settings: Settings, mut queue: mpsc::UnboundedReceiver<Command>) {
    let socket = match UdpSocket::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => {
            tracing::error!(%error, "the media socket cannot be used");
            return;
        }
    };
    let mut receiver = mmsg::Receiver::new();
    let mut shell = Shell {
        core: Core::new(settings, now()),
        out: Outputs::default(),
        connections: HashMap::new(),
        streams: HashMap::new(),
        sender: mmsg::Sender::new(mapped),
        queue: queue::Queue::default(),
        over_tcp: (0, 0),
        told: (now(), Traffic::default()),
    };
    let sleep = tokio::time::sleep_until(now().into());
    tokio::pin!(sleep);
    loop {
        let latest = now() + core::LONGEST_SLEEP;
        let wake = shell.core.next_wake().map_or(latest, |wake| wake.min(latest));
        if sleep.deadline() != wake.into() {
            sleep.as_mut().reset(wake.into());
        }
        let mut first = None;
        tokio::select! {
            command = queue.recv() => match command {
                Some(command) => first = Some(command),
                None => break,
            },
            _ = socket.readable() => {}
            _ = socket.writable(), if !shell.queue.is_empty() => {}
            () = &mut sleep => {}
        }
        let mut stop = false;
        for _ in 0..COMMANDS {
            let Some(command) = first.take().or_else(|| queue.try_recv().ok()) else {
                break;
            };
            stop |= shell.command(command);
        }
        for _ in 0..BATCHES {
            let fd = socket.as_raw_fd();
            let Ok(count) = socket.try_io(Interest::READABLE, || receiver.receive(fd)) else {
                break;
            };
            shell.out.traffic.receives += 1;
            let now = now();
            for (source, bytes) in (0..count).filter_map(|index| receiver.datagram(index)) {
                shell
                    .core
                    .handle(now, Input::Datagram { source, bytes }, &mut shell.out);
            }
        }
        if shell.core.next_wake().is_some_and(|wake| wake <= now()) {
            shell.core.handle(now(), Input::Timeout, &mut shell.out);
        }
        shell.flush(&socket);
        if stop {
            break;
        }
    }
}

impl Shell {
    /// Carries a command out; true when it was the last.
    fn command(&mut self, command: Command) -> bool {
        let (core, out, now) = (&mut self.core, &mut self.out, now());
        match command {
            Command::Connect {
                connection,
                joining,
                outlet,
            } => {
                self.connections.insert(connection, outlet);
                core.handle(now, Input::Connect { connection, joining }, out);
            }
            Command::Frame {
                connection,
                asked,
                cost,
                text,
                permit,
            } => {
                let input = Input::Frame {
                    connection,
                    asked,
                    cost,
                    text,
                };
                core.handle(now, input, out);
                drop(permit);
            }
            Command::Disconnect { connection } => {
                self.connections.remove(&connection);
                core.handle(now, Input::Disconnect { connection }, out);
            }
            Command::StreamOpened { remote, outlet } => {
                self.streams.insert(remote, outlet);
            }
            Command::Packet { way, packet, permit } => {
                let input = Input::Datagram {
                    source: way,
                    bytes: &packet,
                };
                core.handle(now, input, out);
                drop(permit);
            }
            Command::StreamClosed { remote } => {
                self.streams.remove(&remote);
            }
            Command::Traffic { reply } => {
                let _ = reply.send((self.out.traffic, core.load()));
            }
            Command::Participants { room, reply } => {
                let _ = reply.send(core.participants(&room));
            }
            Command::Mute {
                room,
                identity,
                source,
                muted,
                reply,
            } => {
                let _ = reply.send(core.mute(now, out, (&room, &identity), source, muted));
            }
            Command::Remove {
                room,
                identity,
                revoke_ms,
                reply,
            } => {
                if let Some(until) = revoke_ms {
                    core.revoke(now, &room, &identity, until);
                }
                let _ = reply.send(core.remove(now, out, &room, &identity));
            }
            Command::Permit {
                room,
                identity,
                permission,
                decided_ms,
                reply,
            } => {
                let _ = reply.send(core.update_permission(now, out, (&room, &identity), permission, decided_ms));
            }
            Command::DeleteRoom { room, reply } => {
                core.delete_room(now, out, &room);
                let _ = reply.send(());
            }
            Command::Stop => {
                core.stop(now, out);
                return true;
            }
        }
        false
    }

    /// Gives the network what it takes; the rest waits.
    fn send(&mut self, socket: &UdpSocket) {
        for (to, packet) in self.out.segments.drain(..) {
            match self.streams.get(&to) {
                Some(outlet) if outlet.push(packet) => self.over_tcp.0 += 1,
                _ => self.over_tcp.1 += 1,
            }
        }
        if self.out.datagrams.is_empty() && self.queue.is_empty() {
            return;
        }
        let (now, sender, traffic) = (now(), &mut self.sender, &mut self.out.traffic);
        let local = |to| self.core.local_of(to);
        self.queue.flush(now, &mut self.out.datagrams, |datagrams| {
            let mut taken = 0;
            let all = socket.try_io(Interest::WRITABLE, || {
                taken = sender.send(socket.as_raw_fd(), datagrams, local);
                if taken < datagrams.len() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            debug_assert!(all.is_ok() || taken < datagrams.len());
            taken
        });
        let (sent, lost) = self.over_tcp;
        (traffic.sent, traffic.lost) = (self.queue.sent + sent, self.queue.lost + lost);
        traffic.sends = sender.sends;
        let (at, told) = self.told;
        let (refused, lost) = (traffic.refused - told.refused, traffic.lost - told.lost);
        if refused + lost > 0 && now.saturating_duration_since(at) >= TELL_LOSSES {
            self.told = (now, *traffic);
            tracing::warn!(
                refused,
                lost,
                "media packets were dropped: refused from clients that send too much, lost because the network is full"
            );
        }
    }

    /// Ends the turn: drives the media, sends datagrams and frames.
    fn flush(&mut self, socket: &UdpSocket) {
        self.core.settle(now(), &mut self.out);
        self.send(socket);
        let mut stuck = Vec::new();
        for (to, frame) in self.out.frames.drain(..) {
            let last = matches!(frame, Frame::Close { .. });
            let Some(outlet) = self.connections.get(&to) else {
                continue;
            };
            // A client that does not read is disconnected; nobody waits for it.
            let failed = !outlet.push(frame);
            if last || failed {
                self.connections.remove(&to);
            }
            if failed && !last {
                stuck.push(to);
            }
        }
        for connection in stuck {
            self.core.handle(now(), Input::Disconnect { connection }, &mut self.out);
        }
    }
}
