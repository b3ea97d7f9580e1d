"""From `config.toml` and the environment to one frozen `Config`, or every fault at once."""

from reminders.config.documents import DocumentSettings, SectionSettings
from reminders.config.faults import ConfigFaults, Fault
from reminders.config.loading import Config, load_config
from reminders.config.settings import (
    DispatchSettings,
    EmailProvider,
    EmailSettings,
    SmsProvider,
    SmsSettings,
    SmtpSecurity,
    SmtpSettings,
    TwilioSettings,
    WebSettings,
)

__all__ = [
    "Config",
    "ConfigFaults",
    "DispatchSettings",
    "DocumentSettings",
    "EmailProvider",
    "EmailSettings",
    "Fault",
    "SectionSettings",
    "SmsProvider",
    "SmsSettings",
    "SmtpSecurity",
    "SmtpSettings",
    "TwilioSettings",
    "WebSettings",
    "load_config",
]
