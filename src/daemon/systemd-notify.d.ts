// Types of the npm package systemd-notify 1.0.0, which ships none. It spawns the binary of the same name.
declare module 'systemd-notify' {
  interface NotifyOptions {
    /** READY=1, sent with our pid. */
    ready?: boolean;
    pid?: number;
    /** One line for `systemctl status`. */
    status?: string;
    booted?: boolean;
  }
  /** Rejects with the binary's error text, or with ENOENT when there is no binary. */
  export default function notify(options: NotifyOptions): Promise<unknown>;
}
