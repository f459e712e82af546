// Event time: holds rows back until no older one can come, and sorts them.
import type { NodeBase } from './node.ts';

export interface WatermarkNode extends NodeBase {
  readonly type: 'watermark';
  readonly emitters: readonly string[];
  /** True when a window waits for watermarks. */
  readonly sendWatermark: boolean;
  /** Inputs whose rows go before others of the same time: right sides of ASOF JOIN. */
  readonly first?: readonly number[];
}

export const watermarkInfo = (n: WatermarkNode): string => `Emitters:[ ${n.emitters.join(', ')} ], SendWatermark:${n.sendWatermark}`;
