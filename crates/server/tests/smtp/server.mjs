// SPDX-License-Identifier: EUPL-1.2
// A mail server for the tests: npm smtp-server and mailparser; calendars are opened with ical.js and node-ical. Prints its port,
// then one line of JSON for each mail it took. Recipients whose address begins with "refused" do not exist, those with "later" are told to wait.
//   node server.mjs PORT plain|starttls|tls [CERTIFICATE KEY [USER PASSWORD]]
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import ICAL from 'ical.js'
import { simpleParser } from 'mailparser'
import ical from 'node-ical'
import { SMTPServer } from 'smtp-server'

// Whole days are days without a place: read and written in one time zone.
process.env.TZ = 'UTC'
const [port, mode, certificate, key, user, password] = process.argv.slice(2)

function event(component) {
  const found = new ICAL.Event(component)
  const all = (name) => component.getAllProperties(name)
  const dates = []
  const walk = found.isRecurring() ? found.iterator() : undefined
  for (let next; walk && dates.length < 8 && (next = walk.next()); ) {
    const details = found.getOccurrenceDetails(next)
    const { startDate: start } = details
    dates.push({
      start: start.isDate ? start.toString() : start.toJSDate().toISOString(),
      title: details.item.summary,
    })
  }
  return {
    uid: found.uid,
    sequence: found.sequence,
    summary: found.summary,
    description: found.description,
    location: found.location,
    start: found.startDate.isDate ? found.startDate.toString() : found.startDate.toJSDate().toISOString(),
    end: found.endDate.isDate ? found.endDate.toString() : found.endDate.toJSDate().toISOString(),
    status: component.getFirstPropertyValue('status'),
    organizer: component.getFirstPropertyValue('organizer'),
    attendees: all('attendee').map((each) => ({
      address: each.getFirstValue(),
      name: each.getParameter('cn'),
      status: each.getParameter('partstat'),
    })),
    dates,
  }
}

/** The first dates of each event as node-ical finds them: of no more than twelve years. */
function second(text) {
  const events = Object.values(ical.sync.parseICS(text)).filter((each) => each.type === 'VEVENT')
  return events.map((each) => {
    const from = new Date(each.start.getTime() - 86_400_000)
    const to = new Date(each.start.getTime() + 12 * 366 * 86_400_000)
    const starts = ical.expandRecurringEvent(each, { from, to }).map(({ start, isFullDay, summary }) => ({
      start: isFullDay ? start.toISOString().slice(0, 10) : start.toISOString(),
      title: summary,
    }))
    return { uid: each.uid, dates: starts.sort((one, other) => (one.start < other.start ? -1 : 1)).slice(0, 8) }
  })
}

function calendar(text) {
  const whole = new ICAL.Component(ICAL.parse(text))
  for (const zone of whole.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone)
  const components = whole.getAllSubcomponents('vevent')
  const exceptions = components.filter((each) => each.hasProperty('recurrence-id'))
  const main = components.filter((each) => !each.hasProperty('recurrence-id'))
  return {
    method: whole.getFirstPropertyValue('method'),
    events: main.map((each) => event(each)),
    exceptions: exceptions.length,
    second: second(text),
    longest: Math.max(...text.split('\r\n').map((line) => Buffer.byteLength(line))),
    text,
  }
}

// With "parse" only calendars are read: each line of input is a JSON text, each answer a line of JSON.
if (mode === 'parse') {
  console.log(0)
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(calendar(JSON.parse(line))))
  }
  process.exit()
}

const refuse = (code, text) => Object.assign(new Error(text), { responseCode: code })
const server = new SMTPServer({
  secure: mode === 'tls',
  cert: certificate ? readFileSync(certificate) : undefined,
  key: key ? readFileSync(key) : undefined,
  disabledCommands: mode === 'starttls' ? [] : ['STARTTLS'],
  hideSTARTTLS: mode !== 'starttls',
  authOptional: !user,
  onAuth: (auth, session, done) =>
    auth.username === user && auth.password === password ? done(null, { user }) : done(refuse(535, 'wrong password')),
  onRcptTo: ({ address }, session, done) => {
    if (address.startsWith('refused')) done(refuse(550, `no such mailbox: ${address}`))
    else if (address.startsWith('later')) done(refuse(451, `come back later: ${address}`))
    else done()
  },
  onData: async (stream, session, done) => {
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const mail = await simpleParser(raw)
    const parts = mail.attachments.map((part) => ({
      type: part.contentType,
      filename: part.filename,
      text: part.content.toString('utf8'),
    }))
    const ics = parts.find((part) => part.filename === 'invite.ics')
    const headers = raw.toString('latin1').split('\r\n\r\n')[0]
    console.log(
      JSON.stringify({
        secure: session.secure,
        helo: session.hostNameAppearsAs,
        user: session.user ?? null,
        to: session.envelope.rcptTo.map((each) => each.address),
        envelopeFrom: session.envelope.mailFrom.address,
        from: mail.from?.value,
        shownTo: mail.to?.value,
        replyTo: mail.replyTo?.value,
        subject: mail.subject,
        messageId: mail.messageId,
        autoSubmitted: mail.headers.get('auto-submitted') ?? null,
        headerNames: headers.split('\r\n').filter((line) => !/^\s/.test(line)).map((line) => line.split(':')[0]),
        text: mail.text,
        html: mail.html || null,
        structure: [...raw.toString('latin1').matchAll(/^Content-Type: ([^;\r\n]+)(?:[^\r\n]*method=(\w+))?/gim)].map((each) => each[1] + (each[2] ? ` ${each[2]}` : '')),
        calendar: ics ? calendar(ics.text) : null,
      }),
    )
    done()
  },
})
server.on('error', () => {})
server.listen(Number(port), '127.0.0.1', () => console.log(server.server.address().port))
// The test is over when nobody holds our input any more.
process.stdin.resume().on('end', () => process.exit())
