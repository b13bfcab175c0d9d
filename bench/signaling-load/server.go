// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"konvent.eu/bench/process"
)

const (
	email    = "anna@example.org"
	password = "correct horse battery staple"
)

// server is a running `konvent serve`.
type server struct {
	command *exec.Cmd
	url     string
	setup   string
	// From the start of the process to its first answer.
	startup time.Duration
}

func start(program, folder string) *server {
	command := exec.Command(program, "serve", "--data", folder, "--listen", "127.0.0.1:0")
	command.Env = append(os.Environ(), "KONVENT_MEDIA_UDP=127.0.0.1:0", "KONVENT_LOG_LEVEL=error", "LANG=C.UTF-8",
		// Everybody comes from this machine.
		"KONVENT_SIGNALING_JOINS_PER_MINUTE=60000")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	check(err)
	began := time.Now()
	check(command.Start())
	started := &server{command: command}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		last := fields[len(fields)-1]
		switch {
		case strings.Contains(last, "/setup?token="):
			started.setup = last
		case started.url == "" && strings.HasPrefix(last, "http://"):
			started.url = strings.TrimSuffix(last, "/")
			response, err := http.Get(started.url + "/health")
			check(err)
			_ = response.Body.Close()
			started.startup = time.Since(began)
		}
		if strings.HasPrefix(strings.TrimSpace(lines.Text()), "Only this machine") {
			break
		}
	}
	go func() {
		for lines.Scan() {
		}
	}()
	return started
}

func (s *server) stop() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *server) cpu() time.Duration {
	used, err := process.CPU(s.command.Process.Pid)
	check(err)
	return used
}

func (s *server) rss() int64 {
	resident, err := process.RSS(s.command.Process.Pid)
	check(err)
	return resident
}

var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
}

// ask sends JSON, if there is any, and reads JSON.
func (s *server) ask(method, path, authorization string, body any, into any) *http.Response {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(text))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := client.Do(request)
	check(err)
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		check(fmt.Errorf("%s %s answers %s", method, path, response.Status))
	}
	if into != nil {
		check(json.NewDecoder(response.Body).Decode(into))
	}
	return response
}

func (s *server) setUp() {
	address, err := url.Parse(s.setup)
	check(err)
	s.ask("POST", "/v1/setup", "", map[string]string{
		"token": address.Query().Get("token"), "email": email, "display_name": "Anna Beispiel", "password": password,
	}, nil)
}

// login goes the way of a browser: authorization code with PKCE.
func (s *server) login() string {
	verifier := secret()
	challenge := sha256.Sum256([]byte(verifier))
	redirect := s.url + "/auth/callback"
	query := url.Values{
		"client_id": {"konvent-web"}, "response_type": {"code"}, "scope": {"openid profile email"}, "state": {"s"}, "nonce": {"n"},
		"redirect_uri": {redirect}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	page, err := url.Parse(s.ask("GET", "/identity/authorize?"+query.Encode(), "", nil, nil).Header.Get("Location"))
	check(err)
	var entered struct {
		RedirectTo string `json:"redirect_to"`
	}
	s.ask("POST", "/identity/login", "", map[string]string{
		"request": page.Query().Get("request"), "email": email, "password": password,
	}, &entered)
	back, err := url.Parse(entered.RedirectTo)
	check(err)
	response, err := client.PostForm(s.url+"/identity/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"konvent-web"}, "redirect_uri": {redirect},
		"code": {back.Query().Get("code")}, "code_verifier": {verifier},
	})
	check(err)
	defer response.Body.Close()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	check(json.NewDecoder(response.Body).Decode(&tokens))
	return "Bearer " + tokens.AccessToken
}

// room makes a meeting and the code of its guest link.
func (s *server) room(person string) (room, code string) {
	var event struct {
		Room struct {
			ID string `json:"id"`
		} `json:"room"`
	}
	s.ask("POST", "/v1/events", person, map[string]any{"title": "Council", "is_time_independent": true, "is_adhoc": true}, &event)
	var invite struct {
		Code string `json:"invite_code"`
	}
	s.ask("POST", "/v1/rooms/"+event.Room.ID+"/invites", person, map[string]any{}, &invite)
	return event.Room.ID, invite.Code
}

// guest is somebody in a meeting.
type guest struct {
	socket *websocket.Conn
	// Bytes of the first frame.
	welcome int64
	// Chat messages heard.
	heard atomic.Int64
}

// join is nil when the person did not get in.
func (s *server) join(room, code string, number int) *guest {
	var started struct {
		Token string `json:"token"`
	}
	s.ask("POST", "/v1/rooms/"+room+"/start_invited", "", map[string]string{
		"invite_code": code, "device_secret": secret(), "display_name": fmt.Sprintf("Guest %d", number),
	}, &started)
	dialer := websocket.Dialer{ReadBufferSize: 4096, WriteBufferSize: 1024, HandshakeTimeout: 30 * time.Second}
	socket, response, err := dialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/v1/signaling/"+started.Token, nil)
	if err != nil {
		return nil
	}
	_ = response.Body.Close()
	_, frame, err := socket.ReadMessage()
	if err != nil || !bytes.Contains(frame, []byte(`"join_success"`)) {
		return nil
	}
	joined := &guest{socket: socket, welcome: int64(len(frame))}
	go func() {
		for {
			_, frame, err := socket.ReadMessage()
			if err != nil {
				return
			}
			if bytes.Contains(frame, []byte(`"message_sent"`)) {
				joined.heard.Add(1)
			}
		}
	}()
	return joined
}

func (g *guest) say(content string) {
	frame := map[string]any{"namespace": "chat", "payload": map[string]string{"action": "send_message", "scope": "global", "content": content}}
	check(g.socket.WriteJSON(frame))
}

func (g *guest) leave() {
	_ = g.socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = g.socket.Close()
}

func secret() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	return hex.EncodeToString(random)
}
