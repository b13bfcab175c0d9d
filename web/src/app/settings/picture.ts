// SPDX-License-Identifier: EUPL-1.2

/** Pixels of a side; enough for a tile on a large screen, and small enough for a row of the database. */
export const SIDE = 256;

/** The largest square in the middle of a picture: left, top and side in its pixels. */
export function middle(width: number, height: number): { left: number; top: number; side: number } {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

/**
 * A square picture of [SIDE] pixels from any file the browser can show. It is drawn anew, so that nothing else in the
 * file (place, camera) leaves the device. Fails for what is no picture.
 */
export async function squared(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  const { left, top, side } = middle(picture.width, picture.height);
  context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}
