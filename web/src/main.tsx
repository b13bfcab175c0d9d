// SPDX-License-Identifier: EUPL-1.2
import './ui/tokens.css';
import './ui/base.css';
import './app/trusted_types';
import './app/i18n';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { installation } from './app/config';
import { applyColours, applyTheme, storedTheme } from './app/theme';

applyTheme(storedTheme());
applyColours(installation().colours ?? {});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
