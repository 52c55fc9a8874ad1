// Answers of S3, all texts.

import { XMLParser } from 'fast-xml-parser';

const LISTS = ['Contents', 'Part', 'Upload'];
const parser = new XMLParser({ parseTagValue: false, isArray: (name) => LISTS.includes(name) });

export const parseXml = (text: string): unknown => parser.parse(text);
