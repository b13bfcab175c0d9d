// SPDX-License-Identifier: EUPL-1.2
import { byFeature } from './by_feature';

export default byFeature(import.meta.glob<object>('../*/texts/en.json', { eager: true, import: 'default' }));
