// SPDX-License-Identifier: EUPL-1.2
import { isAccessible, noConsoleErrors } from './accessible';
import { admin, expect, inviteLink, logIn, person, picture, startMeeting, test } from './konvent';

test('a guest checks camera and microphone on the join page', async ({ page, browser, server }) => {
  await logIn(page, server);
  const roomId = await startMeeting(page);
  await isAccessible(page);
  const link = await inviteLink(page, server, roomId);

  const guest = await person(browser, { viewport: { width: 390, height: 844 } });
  const clean = noConsoleErrors(guest);
  await guest.goto(link);
  await expect(guest.getByText('Nobody can see or hear you before you join.')).toBeVisible();
  await isAccessible(guest);

  await guest.getByRole('button', { name: 'Camera' }).click();
  await guest.getByRole('button', { name: 'Microphone', exact: true }).click();
  const preview = guest.getByLabel('Your camera, mirrored');
  await expect.poll(() => preview.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
  const gauge = guest.getByLabel('Microphone level');
  await expect.poll(() => gauge.evaluate((meter: HTMLMeterElement) => meter.value)).toBeGreaterThan(0.01);
  await expect(guest.getByText('You are joining with microphone and camera on.')).toBeVisible();
  await isAccessible(guest);

  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByText('Please enter the name you want others to see.')).toBeVisible();
  await picture(guest, 'join-guest-phone');

  // Who has an account takes part as themselves, and is here again after the login.
  await guest.evaluate(() => localStorage.setItem('konvent.language', document.documentElement.lang));
  await guest.getByRole('button', { name: 'Log in' }).click();
  await guest.getByLabel('E-mail address').fill(admin.email);
  await guest.getByLabel('Password').fill(admin.password);
  await guest.getByRole('button', { name: 'Log in' }).click();
  await expect(guest.getByRole('button', { name: `Your account: ${admin.name}` })).toBeVisible();
  await expect(guest).toHaveURL(link);
  clean();
});

test('a page runs WebAssembly and workers of the build, and no worker from elsewhere', async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const ran = await page.evaluate(async () => {
    const begins = (address: string): boolean => {
      try {
        new Worker(address, { type: 'module' }).terminate();
        return true;
      } catch {
        return false;
      }
    };
    const own = document.querySelector<HTMLScriptElement>('script[src^="/assets/"]')?.src ?? '';
    const made = URL.createObjectURL(new Blob(['1'], { type: 'text/javascript' }));
    const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    const compiled = await WebAssembly.compile(empty).then(() => true, () => false);
    return { compiled, own: begins(own), made: begins(made), data: begins('data:text/javascript,1'), file: begins('/v1/files/1') };
  });
  expect(ran).toEqual({ compiled: true, own: true, made: false, data: false, file: false });
});

test('a browser without devices and without storage may still join and says what to do', async ({ page, browser, server }) => {
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  const guest = await person(browser);
  await guest.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
    // It keeps nothing either, as some browsers are told to.
    for (const storage of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, storage, {
        get: () => {
          throw new DOMException('', 'SecurityError');
        },
      });
    }
  });
  await guest.goto(link);
  await guest.getByRole('button', { name: 'Camera' }).click();
  await expect(guest.getByText('No camera found')).toBeVisible();
  // What cannot be had is off; the note stays until it is closed.
  await expect(guest.getByRole('button', { name: 'Camera', exact: true })).toHaveAttribute('aria-pressed', 'false');
  await expect(guest.getByText('You are joining with microphone and camera off.')).toBeVisible();
  await picture(guest, 'no-camera');
  await isAccessible(guest);
  await guest.getByRole('button', { name: 'Close the message about the camera' }).click();
  await expect(guest.getByText('No camera found')).toBeHidden();
  await expect(guest.getByRole('button', { name: 'Join' })).toBeEnabled();

  // In the meeting likewise, with a way out.
  await guest.getByLabel('Your name').fill('Gustav Gast');
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.getByRole('button', { name: 'Turn microphone on' }).click();
  const note = guest.getByRole('region', { name: 'Notices' });
  await expect(note).toContainText('Microphone: none was found.');
  await expect(guest.getByRole('button', { name: 'Turn microphone on' })).toBeVisible();
  await picture(guest, 'no-microphone-meeting');
  await note.getByRole('button', { name: 'Close the message: Microphone' }).click();
  await expect(note.filter({ hasText: 'Microphone' })).toBeHidden();
});

test('who gives up joining offline is not in the meeting later, and the page says that it is offline', async ({ page, browser, server }) => {
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  const guest = await person(browser, { viewport: { width: 390, height: 844 } });
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Gustav Gast');
  await guest.context().setOffline(true);
  await expect(guest.getByText('The server cannot be reached.')).toBeVisible();
  await picture(guest, 'offline-page');
  await isAccessible(guest);
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('heading', { name: 'The meeting cannot be reached' })).toBeFocused();
  await picture(guest, 'offline-join');
  await isAccessible(guest);
  await guest.context().setOffline(false);
  await expect(guest.locator('[data-live="polite"]')).toContainText('The server can be reached again.');
  await expect(guest.getByRole('heading', { name: 'The meeting cannot be reached' })).toBeVisible();
  await guest.getByRole('button', { name: 'Try again' }).click();
  await expect(guest.getByRole('toolbar')).toBeVisible();
});

test('a link that is pasted on the home page leads to the join page, a broken one is explained', async ({ page, browser, server }) => {
  await logIn(page, server);
  const link = await inviteLink(page, server, await startMeeting(page));
  const guest = await person(browser);
  await guest.goto(server.url);
  await isAccessible(guest);
  await guest.getByLabel('Link or code').fill('nonsense');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByText('This is not a meeting link or code.')).toBeVisible();
  await guest.getByLabel('Link or code').fill(link);
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest).toHaveTitle(/^Join: /);

  await guest.goto(`${server.url}/invite/7b2f8e0c-1d2e-4f3a-9b4c-5d6e7f8a9b0c`);
  await expect(guest.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
  await isAccessible(guest);
  await guest.goto(`${server.url}/nowhere`);
  await expect(guest.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  await isAccessible(guest);
});
