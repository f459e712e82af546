// Error codes of the area: connector.
import type { CatalogueEntry } from './index.ts';

export const connectorErrors = {
  CONNECTOR_OPTION: {
    text: '{problems}',
    ekuiperCode: 1000,
    cure: 'A property of the connector has a wrong or missing value. The text names it; docs/connectors lists all properties with their types.',
  },
  CODEC_SCHEMA: {
    text: 'schema {id}: {problem}',
    ekuiperCode: 1004,
    cure: 'Create the schema first (POST /schemas/protobuf) and name it as schema.Message in SCHEMAID or schemaId.',
  },
  TEMPLATE_SYNTAX: {
    text: 'template: line {line}: {problem}',
    ekuiperCode: 1000,
    cure: 'The dataTemplate or dynamic property is not a valid Go template. Correct it at the line named.',
  },
  TEMPLATE_FAILED: {
    text: 'template: line {line}: {problem}',
    ekuiperCode: 2201,
    cure: 'The template cannot be rendered for this result. Guard it with {{if}} or {{with}}, or give a default.',
  },
  PLACE_REFUSED: {
    text: '{text}',
    ekuiperCode: 2201,
    cure: "A file may only lie below the constant part of the configured path, and never among the gateway's own files. Correct the path of the rule, or the value that the message brings. docs/security.md lists what a message may choose.",
  },
  ROWS_REFUSED: {
    text: '{text}',
    ekuiperCode: 2201,
    cure: 'The destination took the other rows of the batch and refused these, for the reason that the text gives. They are parked (GET /rules/ID/parked): correct the destination or the rule, then retry or discard them.',
  },
  DESTINATION_REFUSED: {
    text: '{text}',
    ekuiperCode: 2201,
    cure: 'Connectors reach loopback and private networks only with "enablePrivateNet: true" below basic in kuiper.yaml (docs/security.md).',
  },
  VALUE_REFUSED: {
    text: '{text}',
    ekuiperCode: 2201,
    cure: 'A template put a value of a message where it may not stand. Correct the template, or clean the value in SQL. docs/security.md lists what a message may choose.',
  },
} as const satisfies Record<string, CatalogueEntry>;
