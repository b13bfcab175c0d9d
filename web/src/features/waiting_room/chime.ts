// SPDX-License-Identifier: EUPL-1.2

/** Two rising tones, and a short vibration where the device can. Silent where the browser forbids sound. */
export function playAdmitted(): void {
  if ('vibrate' in navigator) navigator.vibrate([120, 80, 120]);
  const context = new AudioContext();
  [523.25, 783.99].forEach((frequency, index) => {
    const start = context.currentTime + index * 0.18;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.2, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.42);
    if (index === 1) tone.onended = () => void context.close();
  });
}
