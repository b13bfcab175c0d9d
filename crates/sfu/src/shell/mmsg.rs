// SPDX-License-Identifier: EUPL-1.2
//! Many datagrams in one system call: `recvmmsg` and `sendmmsg`, the latter with segmentation offload.
//!
//! The only unsafe code of the package. The rule: every pointer given to the kernel points into a
//! vector that this file owns or borrows until the call returns.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::RawFd;

use crate::limits::DATAGRAM_BYTES;

/// Datagrams per call; more save no measurable time.
const BATCH: usize = 64;
/// The kernel's limit of segments in one send (`UDP_MAX_SEGMENTS`).
const SEGMENTS: usize = 64;
/// And of bytes, as one UDP datagram.
const SEGMENTED_BYTES: usize = 65_000;

/// Buffers for receiving.
pub struct Receiver {
    bytes: Vec<u8>,
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
    pub fn datagram(&self, index: usize) -> Option<(SocketAddr, &[u8])> {
        let length = usize::try_from(self.headers.get(index)?.msg_len).ok()?;
        let bytes = self
            .bytes
            .get(index * DATAGRAM_BYTES..index * DATAGRAM_BYTES + length.min(DATAGRAM_BYTES))?;
        Some((read_address(&self.names[index])?, bytes))
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

/// A control message with the segment size (`UDP_SEGMENT`), aligned as the kernel reads it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control {
    header: libc::cmsghdr,
    size: u16,
    padding: [u8; 6],
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
    pub fn send(&mut self, socket: RawFd, datagrams: &[(SocketAddr, Vec<u8>)]) -> usize {
        let mut rest = datagrams;
        while !rest.is_empty() {
            let counts = self.prepare(rest);
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
    fn prepare(&mut self, datagrams: &[(SocketAddr, Vec<u8>)]) -> Vec<usize> {
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
            self.controls.push(Control {
                header: libc::cmsghdr {
                    cmsg_len: CONTROL_LENGTH as _,
                    cmsg_level: libc::SOL_UDP,
                    cmsg_type: libc::UDP_SEGMENT,
                },
                size: u16::try_from(bytes.len()).unwrap_or(u16::MAX),
                padding: [0; 6],
            });
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
            if *count > 1 {
                header.msg_hdr.msg_control = (&raw mut self.controls[index]).cast();
                header.msg_hdr.msg_controllen = mem::size_of::<Control>() as _;
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

const CONTROL_LENGTH: usize = mem::size_of::<libc::cmsghdr>() + mem::size_of::<u16>();

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
        assert_eq!(Sender::new(false).send(a.as_raw_fd(), &datagrams), datagrams.len());
        let mut receiver = Receiver::new();
        let mut got = Vec::new();
        while got.len() < sizes.len() {
            let mut byte = [0];
            b.peek(&mut byte).ok();
            let count = receiver.receive(b.as_raw_fd()).expect("datagrams");
            got.extend((0..count).map(|index| {
                let (from, bytes) = receiver.datagram(index).expect("a datagram");
                assert_eq!(from, a.local_addr().expect("an address"));
                bytes.to_vec()
            }));
        }
        let sent: Vec<_> = datagrams.into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(got, sent);
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
