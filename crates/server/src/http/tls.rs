// SPDX-License-Identifier: EUPL-1.2
//! Where the server's certificate comes from: files, or made here for a try-out. Not ACME. TLS 1.2 and 1.3 with the
//! suites of aws-lc-rs; a private key never leaves its file.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::clock;
use crate::config::Config;
use crate::start_error::StartError;

/// Life of a self-made certificate; a start in its last month makes a new one.
const VALID_DAYS: i64 = 365;

/// Where the self-made ones lie in the data directory.
pub const CERTIFICATE: &str = "tls/certificate.pem";
pub const KEY: &str = "tls/key.pem";

/// `None`: plain HTTP.
pub fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, StartError> {
    let tls = &config.tls;
    if tls.self_signed {
        let directory = &config.data.directory;
        let (certificate, key) = (directory.join(CERTIFICATE), directory.join(KEY));
        if !is_fresh(&certificate) || !key.exists() {
            make_certificate(&directory.join("tls"), &certificate, &key)?;
        }
        return load(&certificate, &key).map(Some);
    }
    if tls.certificate.is_empty() {
        return Ok(None);
    }
    load(Path::new(&tls.certificate), Path::new(&tls.key)).map(Some)
}

fn load(certificate: &Path, key: &Path) -> Result<TlsAcceptor, StartError> {
    let unusable = |file: &Path, error: &dyn std::fmt::Display| {
        let file = file.display();
        StartError::new(
            format!("The TLS file {file} cannot be used: {error}."),
            format!("Die TLS-Datei {file} kann nicht verwendet werden: {error}."),
        )
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| unusable(certificate, &error))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn is_fresh(certificate: &Path) -> bool {
    let age = fs::metadata(certificate)
        .and_then(|meta| meta.modified())
        .map(jiff::Timestamp::try_from);
    let Ok(Ok(made)) = age else { return false };
    clock::now().duration_since(made).as_hours() < (VALID_DAYS - 30) * 24
}

fn make_certificate(directory: &Path, certificate: &Path, key: &Path) -> Result<(), StartError> {
    let failed = |error: &dyn std::fmt::Display| {
        let directory = directory.display();
        StartError::new(
            format!("No certificate could be made in {directory}: {error}."),
            format!("In {directory} konnte kein Zertifikat angelegt werden: {error}."),
        )
    };
    let mut names = vec![
        "localhost".to_owned(),
        Ipv4Addr::LOCALHOST.to_string(),
        Ipv6Addr::LOCALHOST.to_string(),
    ];
    names.extend(lan_address().map(|address| address.to_string()));
    names.extend(
        fs::read_to_string("/etc/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .filter(|n| !n.is_empty()),
    );
    let mut parameters = rcgen::CertificateParams::new(names).map_err(|error| failed(&error))?;
    let today = clock::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        rcgen::date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    let yesterday = today.yesterday().map_err(|error| failed(&error))?;
    parameters.not_before = day(yesterday);
    parameters.not_after = day(today.saturating_add(jiff::Span::new().days(VALID_DAYS)));
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Konvent (self-signed)");
    parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let pair = rcgen::KeyPair::generate().map_err(|error| failed(&error))?;
    let made = parameters.self_signed(&pair).map_err(|error| failed(&error))?;
    fs::create_dir_all(directory).map_err(|error| failed(&error))?;
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(key)
        .and_then(|mut file| file.write_all(pair.serialize_pem().as_bytes()))
        .and_then(|()| fs::write(certificate, made.pem()))
        .map_err(|error| failed(&error))
}

/// The address of this machine that others in its network most likely reach. Asks the routing table; nothing is sent.
pub fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}
