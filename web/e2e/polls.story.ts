// SPDX-License-Identifier: EUPL-1.2
import { isAccessible } from './accessible';
import { metByEmma, notices, openPanel } from './call';
import { expect, picture, test } from './konvent';

test('a moderator asks, people choose and change their choice, and everybody sees the result', async ({ page, browser, server }) => {
  const { emma, clean } = await metByEmma(page, browser, server);

  await openPanel(page, 'Polls');
  await isAccessible(page);
  const panel = page.getByRole('complementary');
  await panel.getByRole('button', { name: 'Start the poll' }).click();
  await expect(panel.getByLabel('Question')).toBeFocused();
  await picture(page, 'poll-form');
  await panel.getByLabel('Question').fill('Where do we meet next?');
  await panel.getByLabel('Answer 1').fill('Town hall');
  await panel.getByLabel('Answer 2').fill('Library');
  await panel.getByRole('button', { name: 'Another answer' }).click();
  await panel.getByLabel('Answer 3').fill('Online');
  await panel.getByRole('button', { name: 'Start the poll' }).click();

  // It is offered to everybody, and takes the focus from nobody.
  await expect(emma.locator('#main').getByText('Umfrage: Where do we meet next?')).toBeVisible();
  await picture(emma, 'poll-asked-phone');
  await emma.getByRole('button', { name: 'Zur Umfrage' }).click();
  const ballot = emma.getByRole('complementary');
  await ballot.getByRole('button', { name: 'Antworten', exact: true }).click();
  await expect(ballot).toContainText('Wählen Sie zuerst eine Antwort.');
  await ballot.getByLabel('Library').check({ force: true });
  await ballot.getByRole('button', { name: 'Antworten', exact: true }).click();
  await expect(ballot).toContainText('Sie haben gewählt: Library');
  await expect(ballot.getByRole('listitem').filter({ hasText: 'Library' })).toContainText('1 Stimme');
  await isAccessible(emma);
  await picture(emma, 'poll-chosen-phone');
  await ballot.getByRole('button', { name: 'Antwort ändern' }).click();
  await ballot.getByLabel('Online').check({ force: true });
  await ballot.getByRole('button', { name: 'Antworten', exact: true }).click();
  await expect(ballot).toContainText('Sie haben gewählt: Online');

  // Who comes back knows what they chose.
  await emma.reload();
  await emma.getByRole('button', { name: 'Teilnehmen' }).click();
  await openPanel(emma, 'Umfragen');
  await expect(ballot).toContainText('Sie haben gewählt: Online');

  await panel.getByLabel('Town hall').check({ force: true });
  await panel.getByRole('button', { name: 'Answer', exact: true }).click();
  await expect(panel).toContainText('You chose: Town hall');
  await picture(page, 'poll-running');
  await panel.getByRole('button', { name: 'End the poll' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End the poll' }).click();
  await expect(notices(emma)).toContainText('Die Umfrage „Where do we meet next?“ ist zu Ende.');
  await expect(ballot.getByRole('listitem').filter({ hasText: 'Town hall' })).toContainText('1 Stimme');
  await expect(ballot.getByRole('listitem').filter({ hasText: 'Library' })).toContainText('0 Stimmen');
  await picture(page, 'poll-over');
  await picture(emma, 'poll-over-phone');

  // Who comes after it learns its result all the same.
  await emma.reload();
  await emma.getByRole('button', { name: 'Teilnehmen' }).click();
  await openPanel(emma, 'Umfragen');
  await expect(ballot).toContainText('Where do we meet next?');
  await expect(ballot.getByRole('listitem').filter({ hasText: 'Town hall' })).toContainText('1 Stimme');
  await picture(emma, 'poll-over-again-phone');
  clean();
});
