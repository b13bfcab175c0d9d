// SPDX-License-Identifier: EUPL-1.2
//! Many datagrams in one system call: `recvmmsg` and `sendmmsg`, the latter with segmentation offload.
//!
//! The only unsafe code of the package. The rule: every pointer given to the kernel points into a
//! vector that this file owns or borrows until the call returns.

use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd as _, RawFd};

use socket2::Socket;

use crate::core::Way;
use crate::limits::DATAGRAM_BYTES;

/// Datagrams per call; more save no measurable time.
const BATCH: usize = 64;
/// The kernel's limit of segments in one send (`UDP_MAX_SEGMENTS`).
const SEGMENTS: usize = 64;
/// And of bytes, as one UDP datagram.
const SEGMENTED_BYTES: usize = 65_000;

/// Room for the control message that says at which address a datagram arrived (`IP_PKTINFO`, `IPV6_PKTINFO`).
const ARRIVAL: usize = 64;

/// A control buffer, aligned as the kernel writes it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Arrival([u8; ARRIVAL]);

/// Lets the system say with each datagram at which address of the machine it arrived, where there may be several.
pub fn tell_local(socket: &Socket, bound: SocketAddr) -> io::Result<()> {
    if !bound.ip().is_unspecified() {
        return Ok(());
    }
    let on: libc::c_int = 1;
    let set = |level, name| set_option(socket.as_raw_fd(), level, name, on);
    if bound.is_ipv6() {
        set(libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)?;
    }
    set(libc::IPPROTO_IP, libc::IP_PKTINFO)
}

#[expect(unsafe_code, reason = "these options have no safe wrapper")]
fn set_option(socket: RawFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the value lives until the call returns, with its true length.
    let result = unsafe {
        libc::setsockopt(
            socket,
            level,
            name,
            (&raw const value).cast(),
            length_of::<libc::c_int>(),
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Buffers for receiving.
pub struct Receiver {
    bytes: Vec<u8>,
    arrivals: Vec<Arrival>,
    names: Vec<libc::sockaddr_storage>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

// SAFETY: the pointers in `vectors` and `headers` are rewritten before every use and point into
// vectors of the same value, which move with it.
#[expect(unsafe_code, reason = "raw pointers make the value !Send; they are never shared")]
unsafe impl Send for Receiver {}

impl Receiver {
    #[expect(unsafe_code, reason = "plain C structures start as zeroes")]
    pub fn new() -> Self {
        // SAFETY: all-zero bytes are valid values of these C structures.
        let (name, vector, header) = unsafe { (mem::zeroed(), mem::zeroed(), mem::zeroed()) };
        Self {
            bytes: vec![0; BATCH * DATAGRAM_BYTES],
            arrivals: vec![Arrival([0; ARRIVAL]); BATCH],
            names: vec![name; BATCH],
            vectors: vec![vector; BATCH],
            headers: vec![header; BATCH],
        }
    }

    /// Receives what is there, at most one batch; the number of datagrams.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there.
    #[expect(unsafe_code, reason = "recvmmsg has no safe wrapper")]
    pub fn receive(&mut self, socket: RawFd) -> io::Result<usize> {
        for index in 0..BATCH {
            self.vectors[index] = libc::iovec {
                iov_base: self.bytes[index * DATAGRAM_BYTES..].as_mut_ptr().cast(),
                iov_len: DATAGRAM_BYTES,
            };
            let header = &mut self.headers[index].msg_hdr;
            header.msg_name = (&raw mut self.names[index]).cast();
            header.msg_namelen = length_of::<libc::sockaddr_storage>();
            header.msg_iov = &raw mut self.vectors[index];
            header.msg_iovlen = 1;
            header.msg_control = (&raw mut self.arrivals[index]).cast();
            header.msg_controllen = ARRIVAL as _;
        }
        // SAFETY: the headers point to names and buffers of this value, which outlive the call, with
        // their true lengths.
        let received = unsafe {
            libc::recvmmsg(
                socket,
                self.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        usize::try_from(received).map_err(|_| io::Error::last_os_error())
    }

    /// One of the datagrams just received.
    pub fn datagram(&self, index: usize) -> Option<(Way, &[u8])> {
        let length = usize::try_from(self.headers.get(index)?.msg_len).ok()?;
        let bytes = self
            .bytes
            .get(index * DATAGRAM_BYTES..index * DATAGRAM_BYTES + length.min(DATAGRAM_BYTES))?;
        let way = Way {
            tcp: false,
            remote: read_address(&self.names[index])?,
            local: self.local(index),
        };
        Some((way, bytes))
    }

    /// At which address of the machine a datagram arrived, where the system says so.
    fn local(&self, index: usize) -> Option<IpAddr> {
        let length = self.headers[index].msg_hdr.msg_controllen;
        let mut rest = self.arrivals[index].0.get(..length)?;
        // As `struct cmsghdr`: length, level and type, then the message, in steps of eight bytes.
        while let Some((head, _)) = rest.split_at_checked(mem::size_of::<libc::cmsghdr>()) {
            let word = |at: usize| Some(i32::from_ne_bytes(head.get(at..at + 4)?.try_into().ok()?));
            let length = usize::from_ne_bytes(head.get(..8)?.try_into().ok()?);
            let value = rest.get(head.len()..length)?;
            match (word(8)?, word(12)?) {
                // `struct in_pktinfo`: interface, address to answer from, address of the header.
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let address: [u8; 4] = value.get(4..8)?.try_into().ok()?;
                    return Some(IpAddr::from(address));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let address: [u8; 16] = value.get(..16)?.try_into().ok()?;
                    return Some(IpAddr::from(address).to_canonical());
                }
                _ => rest = rest.get(length.next_multiple_of(8)..)?,
            }
        }
        None
    }
}

/// Buffers for sending.
pub struct Sender {
    names: Vec<libc::sockaddr_storage>,
    vectors: Vec<libc::iovec>,
    controls: Vec<Control>,
    headers: Vec<libc::mmsghdr>,
    /// The kernel and the device take segmented sends.
    segment: bool,
    /// The socket is IPv6 and sends to IPv4 as mapped addresses.
    mapped: bool,
    /// What was sent; a run of segments counts once.
    pub sends: u64,
}

// SAFETY: as for `Receiver`.
#[expect(unsafe_code, reason = "raw pointers make the value !Send; they are never shared")]
unsafe impl Send for Sender {}

/// Control messages of one send, aligned as the kernel reads them: the size of its segments (`UDP_SEGMENT`), and the
/// address that it leaves from (`IP_PKTINFO`, `IPV6_PKTINFO`).
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control {
    bytes: [u8; 64],
    length: usize,
}

impl Control {
    fn new() -> Self {
        Self {
            bytes: [0; 64],
            length: 0,
        }
    }

    fn add(&mut self, level: libc::c_int, kind: libc::c_int, value: &[u8]) {
        let head = mem::size_of::<libc::cmsghdr>();
        let place = &mut self.bytes[self.length..];
        place[..8].copy_from_slice(&(head + value.len()).to_ne_bytes());
        place[8..12].copy_from_slice(&level.to_ne_bytes());
        place[12..16].copy_from_slice(&kind.to_ne_bytes());
        place[head..head + value.len()].copy_from_slice(value);
        self.length += (head + value.len()).next_multiple_of(8);
    }

    /// Lets a send leave from this address.
    fn from(&mut self, local: IpAddr, mapped: bool) {
        match local {
            IpAddr::V4(v4) if !mapped => {
                let mut info = [0; 12];
                info[4..8].copy_from_slice(&v4.octets());
                self.add(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            local => {
                let v6 = match local {
                    IpAddr::V4(v4) => v4.to_ipv6_mapped(),
                    IpAddr::V6(v6) => v6,
                };
                let mut info = [0; 20];
                info[..16].copy_from_slice(&v6.octets());
                self.add(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
            }
        }
    }
}

impl Sender {
    pub fn new(mapped: bool) -> Self {
        Self {
            names: Vec::new(),
            vectors: Vec::new(),
            controls: Vec::new(),
            headers: Vec::new(),
            segment: true,
            mapped,
            sends: 0,
        }
    }

    /// Sends datagrams in order until the network takes no more; how many it took. One that cannot be sent
    /// at all is lost, as datagrams are.
    ///
    /// `local`: from which of our addresses a destination expects them, where that is known.
    pub fn send(
        &mut self,
        socket: RawFd,
        datagrams: &[(SocketAddr, Vec<u8>)],
        local: impl Fn(SocketAddr) -> Option<IpAddr>,
    ) -> usize {
        let mut rest = datagrams;
        while !rest.is_empty() {
            let counts = self.prepare(rest, &local);
            let mut from = 0;
            let mut full = false;
            while from < self.headers.len() {
                match self.call(socket, from) {
                    Ok(sent) => {
                        self.sends += sent as u64;
                        from += sent.max(1);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.raw_os_error() == Some(libc::EIO) && self.segment => {
                        // No checksum offload on this route: from now on one by one.
                        self.segment = false;
                        break;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        full = true;
                        break;
                    }
                    // Unreachable, too long, refused: only this one is lost.
                    Err(_) => from += 1,
                }
            }
            rest = &rest[counts[..from].iter().sum::<usize>()..];
            if full {
                break;
            }
        }
        datagrams.len() - rest.len()
    }

    /// Fills the headers for the first datagrams; how many each of them carries.
    #[expect(unsafe_code, reason = "plain C structures start as zeroes")]
    fn prepare(
        &mut self,
        datagrams: &[(SocketAddr, Vec<u8>)],
        local: impl Fn(SocketAddr) -> Option<IpAddr>,
    ) -> Vec<usize> {
        let mut counts = Vec::with_capacity(BATCH);
        let mut rest = datagrams;
        while counts.len() < BATCH && !rest.is_empty() {
            let count = if self.segment { run_length(rest) } else { 1 };
            counts.push(count);
            rest = &rest[count..];
        }
        let total = datagrams.len() - rest.len();
        self.vectors.clear();
        self.vectors
            .extend(datagrams[..total].iter().map(|(_, bytes)| libc::iovec {
                iov_base: bytes.as_ptr().cast_mut().cast(),
                iov_len: bytes.len(),
            }));
        let mut first = 0;
        self.names.clear();
        self.controls.clear();
        for count in &counts {
            let (to, bytes) = &datagrams[first];
            self.names.push(write_address(*to, self.mapped));
            let mut control = Control::new();
            if *count > 1 {
                let size = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
                control.add(libc::SOL_UDP, libc::UDP_SEGMENT, &size.to_ne_bytes());
            }
            if let Some(local) = local(*to) {
                control.from(local, self.mapped);
            }
            self.controls.push(control);
            first += count;
        }
        self.headers.clear();
        let mut first = 0;
        for (index, count) in counts.iter().enumerate() {
            // SAFETY: all-zero bytes are a valid value of this C structure.
            let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
            header.msg_hdr.msg_name = (&raw mut self.names[index]).cast();
            header.msg_hdr.msg_namelen = match self.names[index].ss_family.into() {
                libc::AF_INET => length_of::<libc::sockaddr_in>(),
                _ => length_of::<libc::sockaddr_in6>(),
            };
            header.msg_hdr.msg_iov = &raw mut self.vectors[first];
            header.msg_hdr.msg_iovlen = *count as _;
            let control = &mut self.controls[index];
            if control.length > 0 {
                header.msg_hdr.msg_control = (&raw mut control.bytes).cast();
                header.msg_hdr.msg_controllen = control.length as _;
            }
            self.headers.push(header);
            first += count;
        }
        counts
    }

    #[expect(unsafe_code, reason = "sendmmsg has no safe wrapper")]
    fn call(&mut self, socket: RawFd, from: usize) -> io::Result<usize> {
        let headers = &mut self.headers[from..];
        // SAFETY: the headers point to names, controls and vectors of this value and to datagrams
        // that the caller of `send` lends for its duration.
        let sent = unsafe {
            libc::sendmmsg(
                socket,
                headers.as_mut_ptr(),
                headers.len() as libc::c_uint,
                libc::MSG_DONTWAIT,
            )
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

/// How many datagrams from the front may go as segments of one send: same address, same size, only
/// the last one shorter.
fn run_length(datagrams: &[(SocketAddr, Vec<u8>)]) -> usize {
    let (to, first) = &datagrams[0];
    let mut bytes = first.len();
    let mut count = 1;
    for (next, datagram) in &datagrams[1..] {
        bytes += datagram.len();
        if next != to || datagram.len() > first.len() || count == SEGMENTS || bytes > SEGMENTED_BYTES {
            break;
        }
        count += 1;
        if datagram.len() < first.len() {
            break;
        }
    }
    count
}

fn length_of<T>() -> libc::socklen_t {
    mem::size_of::<T>() as libc::socklen_t
}

#[expect(unsafe_code, reason = "the kernel writes one of two structures into the same place")]
fn read_address(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match storage.ss_family.into() {
        libc::AF_INET => {
            // SAFETY: the family says that it is this structure, and the storage is large enough.
            let name = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(name.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let name = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            Some(match ip.to_ipv4_mapped() {
                Some(ip) => SocketAddrV4::new(ip, port).into(),
                None => SocketAddrV6::new(ip, port, 0, name.sin6_scope_id).into(),
            })
        }
        _ => None,
    }
}

#[expect(unsafe_code, reason = "one of two structures is written into the same place")]
fn write_address(address: SocketAddr, mapped: bool) -> libc::sockaddr_storage {
    // SAFETY: all-zero bytes are a valid value of this C structure.
    let mut storage: libc::sockaddr_storage = unsafe { mem::zeroed() };
    match address {
        SocketAddr::V4(address) if !mapped => {
            // SAFETY: the storage is large enough and aligned for every address family.
            let name = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in>() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = address.port().to_be();
            name.sin_addr.s_addr = u32::from(*address.ip()).to_be();
        }
        address => {
            let (ip, scope) = match address {
                SocketAddr::V4(address) => (address.ip().to_ipv6_mapped(), 0),
                SocketAddr::V6(address) => (*address.ip(), address.scope_id()),
            };
            // SAFETY: as above.
            let name = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in6>() };
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = address.port().to_be();
            name.sin6_addr.s6_addr = ip.octets();
            name.sin6_scope_id = scope;
        }
    }
    storage
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    #[test]
    fn datagrams_of_all_sizes_arrive_whole_and_in_order() {
        let (a, b) = (UdpSocket::bind("127.0.0.1:0"), UdpSocket::bind("127.0.0.1:0"));
        let (a, b) = (a.expect("a socket"), b.expect("a socket"));
        let to = b.local_addr().expect("an address");
        let sizes = [1200, 1200, 1200, 700, 700, 1200, 1, 1200, 1200];
        let datagrams: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(i, size)| (to, vec![i as u8; *size]))
            .collect();
        assert_eq!(
            Sender::new(false).send(a.as_raw_fd(), &datagrams, |_| None),
            datagrams.len()
        );
        let mut receiver = Receiver::new();
        let mut got = Vec::new();
        while got.len() < sizes.len() {
            let mut byte = [0];
            b.peek(&mut byte).ok();
            let count = receiver.receive(b.as_raw_fd()).expect("datagrams");
            got.extend((0..count).map(|index| {
                let (from, bytes) = receiver.datagram(index).expect("a datagram");
                assert_eq!(from.remote, a.local_addr().expect("an address"));
                bytes.to_vec()
            }));
        }
        let sent: Vec<_> = datagrams.into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(got, sent);
    }

    #[test]
    fn an_answer_leaves_from_the_address_that_was_asked() {
        use socket2::{Domain, Protocol, Type};
        for (bound, hosts) in [
            ("0.0.0.0:0", ["127.0.0.1", "127.0.0.2"]),
            ("[::]:0", ["127.0.0.3", "::1"]),
        ] {
            let bound: SocketAddr = bound.parse().expect("an address");
            let socket = Socket::new(Domain::for_address(bound), Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
            if bound.is_ipv6() {
                socket.set_only_v6(false).expect("both families");
            }
            tell_local(&socket, bound).expect("the system says it");
            socket.bind(&bound.into()).expect("binds");
            let server: UdpSocket = socket.into();
            let port = server.local_addr().expect("an address").port();
            for host in hosts {
                let host: IpAddr = host.parse().expect("an address");
                let client = UdpSocket::bind((if host.is_ipv4() { "0.0.0.0" } else { "::" }, 0)).expect("a socket");
                client.send_to(&[1], (host, port)).expect("sends");
                let mut receiver = Receiver::new();
                server.peek(&mut [0]).expect("waits");
                receiver.receive(server.as_raw_fd()).expect("a datagram");
                let (way, _) = receiver.datagram(0).expect("a datagram");
                assert_eq!(way.local, Some(host));
                let answers = vec![(way.remote, vec![2; 100]); 3];
                Sender::new(bound.is_ipv6()).send(server.as_raw_fd(), &answers, |_| way.local);
                for _ in &answers {
                    let (_, from) = client.recv_from(&mut [0; 200]).expect("an answer");
                    assert_eq!(from, SocketAddr::new(host, port));
                }
            }
        }
    }

    #[test]
    fn addresses_survive_the_way_through_the_kernel_structures() {
        for text in ["192.0.2.7:4000", "[2001:db8::1]:5000"] {
            let address: SocketAddr = text.parse().expect("an address");
            assert_eq!(read_address(&write_address(address, true)), Some(address));
            assert_eq!(read_address(&write_address(address, false)), Some(address));
        }
    }
}
