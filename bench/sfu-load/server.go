// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"konvent.eu/bench/process"
)

const (
	key    = "bench"
	secret = "a-secret-for-benchmarks-of-at-least-32-characters"
)

// kind is a server under test: its name in the output and its program.
type kind struct{ name, binary string }

type running struct {
	command *exec.Cmd
	url     string
	metrics string
}

// start runs the server on loopback and returns when it answers.
func (k kind) start() (*running, error) {
	tcp, udp, err := freePorts()
	if err != nil {
		return nil, err
	}
	counting, _, err := freePorts()
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", tcp)
	metrics := fmt.Sprintf("127.0.0.1:%d", counting)
	arguments := []string{"sfu", "--listen", address, "--udp", fmt.Sprintf("127.0.0.1:%d", udp), "--key", key + ":" + secret, "--metrics", metrics}
	told := "http://" + metrics + "/metrics"
	if k.name == "livekit" {
		config := fmt.Sprintf(`{"port": %d, "bind_addresses": ["127.0.0.1"], "keys": {%q: %q}, "logging": {"level": "error"},
			"rtc": {"udp_port": %d, "tcp_port": 0, "node_ip": "127.0.0.1", "enable_loopback_candidate": true}}`, tcp, key, secret, udp)
		arguments = []string{"--config-body", config}
		told = ""
	}
	command := exec.Command(k.binary, arguments...)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return nil, err
	}
	started := &running{command, "ws://" + address, told}
	for range 200 {
		response, err := http.Get("http://" + address + "/rtc/validate")
		if err == nil {
			_ = response.Body.Close()
			return started, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	started.stop()
	return nil, fmt.Errorf("%s did not answer within 10 s", k.binary)
}

func (p *running) stop() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

func (p *running) cpu() time.Duration {
	used, err := process.CPU(p.command.Process.Pid)
	check(err)
	return used
}

func (p *running) rss() int64 {
	resident, err := process.RSS(p.command.Process.Pid)
	check(err)
	return resident
}

func freePorts() (tcp, udp int, err error) {
	stream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer stream.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer datagrams.Close()
	return stream.Addr().(*net.TCPAddr).Port, datagrams.LocalAddr().(*net.UDPAddr).Port, nil
}
