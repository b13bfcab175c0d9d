// SPDX-License-Identifier: EUPL-1.2

/**
 * The look of Konvent: every control a page shows comes from here. DateField is imported by its file: it weighs much, and
 * guests never see it.
 */
export { Alert } from './Alert';
export { announce, LiveRegions } from './announce';
export { Avatar } from './Avatar';
export { Button, buttonClass, IconButton, ToggleButton } from './Button';
export { CopyButton } from './CopyButton';
export { Chip } from './Chip';
export { Checkbox, type Choice, RadioGroup, Select, Switch, TextField } from './Field';
export { Form } from './Form';
export { type Glyph, Icon, type IconName } from './Icon';
export { type LegalLink, LegalLinks } from './LegalLinks';
export { Dialog, type DialogProps, Menu } from './Overlay';
export { photograph } from './photograph';
export { Spinner } from './Spinner';
export { SuggestField } from './SuggestField';
