// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useRef, useState } from 'react';
import styles from './devices.module.css';

/** A chord of half a second on the chosen speaker. */
export async function playTone(speakerId: string | undefined): Promise<void> {
  const context = new AudioContext() as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speakerId && context.setSinkId) await context.setSinkId(speakerId).catch(() => undefined);
  const end = context.currentTime + 0.9;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0.0001, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.12, context.currentTime + 0.05);
  gain.gain.exponentialRampToValueAtTime(0.0001, end);
  gain.connect(context.destination);
  for (const frequency of [440, 554.37, 659.25]) {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain);
    tone.start();
    tone.stop(end);
    tone.onended = () => void (context.state === 'closed' || context.close());
  }
}

/** How loud the microphone is. After some seconds of silence it says so: the usual cause is the wrong device. */
export function LevelGauge({ stream, label, hint }: { stream: MediaStream; label: string; hint: string }) {
  const meter = useRef<HTMLMeterElement>(null);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let frame = 0;
    let heard = performance.now();
    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      const level = Math.min(1, Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length) * 5);
      if (meter.current) meter.current.value = level;
      const now = performance.now();
      if (level > 0.02) heard = now;
      setSilent(now - heard > 6000);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
      void context.close();
    };
  }, [stream]);
  return (
    <div className={styles['level']}>
      <label>
        {label}
        <meter ref={meter} min={0} max={1} className={styles['meter']} />
      </label>
      <p role="status">{silent ? hint : ''}</p>
    </div>
  );
}
