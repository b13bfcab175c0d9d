// SPDX-License-Identifier: EUPL-1.2

/** Two rising tones for who is let in, and a short vibration where the device can. */
export function playAdmitted(): void {
  if ('vibrate' in navigator) navigator.vibrate([120, 80, 120]);
  play([523.25, 783.99], 0.4);
}

/** A knock for the moderation: somebody waits. */
export function playKnock(): void {
  play([311.13, 311.13, 415.3], 0.16);
}

/** One at a time: a browser has few to give, and holds back the sounds of a page that nobody has touched. */
let playing: AudioContext | undefined;

/** Silent where the browser forbids sound. */
function play(frequencies: readonly number[], seconds: number): void {
  if (typeof AudioContext === 'undefined') return;
  void playing?.close();
  const context = new AudioContext();
  playing = context;
  const end = (): void => {
    if (playing !== context) return;
    playing = undefined;
    void context.close();
  };
  frequencies.forEach((frequency, index) => {
    const start = context.currentTime + index * 0.18;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.2, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + seconds + 0.02);
    if (index === frequencies.length - 1) tone.onended = end;
  });
}
