// SPDX-License-Identifier: EUPL-1.2
import './ui/tokens.css';
import './ui/base.css';
import './app/trusted_types';
import './app/i18n';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { reach } from './api/reach';
import { App } from './app/App';
import { installation } from './app/config';
import { applyColours, applyTheme, storedTheme } from './app/theme';
import { inMeeting } from './app/title';

applyTheme(storedTheme());
applyColours(installation().colours ?? {});

// A meeting keeps a connection of its own, and says itself when it is lost.
reach.watch(() => document.visibilityState === 'visible' && !inMeeting.get());

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
