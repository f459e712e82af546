// Preact, with one type for everything that can be drawn.
import type { VNode as AnyNode } from 'preact';

export * from 'preact';
export type VNode = AnyNode<any>;
