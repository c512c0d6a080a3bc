// Starts the page.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, makeApp } from './App';
import { startTheme } from './components/theme';
import './components/tokens.css';
import './components/base.css';
import './frame/frame.css';

startTheme();
const app = makeApp();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App {...app} />
    </StrictMode>,
  );
}
