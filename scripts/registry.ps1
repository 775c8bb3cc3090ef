# Sets and removes registry values, of the computer, of LocalSystem and of the users to come.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

# Where the profile is loaded that every new user gets.
$DefaultUser = 'ingot-default'
$Reg = Join-Path -Path $env:SystemRoot -ChildPath 'System32\reg.exe'

# The profile folder of new users, whatever its name is in this language.
function Get-DefaultUserHive {
    $folder = [string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList' -Name 'Default')
    return Join-Path -Path $folder -ChildPath 'NTUSER.DAT'
}

function Mount-DefaultUser {
    # An earlier run that was cut off has left it loaded.
    if (Test-Path -LiteralPath "Registry::HKEY_USERS\$DefaultUser") { return }
    [void](Invoke-Native -FilePath $Reg -ArgumentList @('load', "HKU\$DefaultUser", (Get-DefaultUserHive)))
}

function Dismount-DefaultUser {
    # Handles that .NET has not closed yet keep the hive loaded.
    [GC]::Collect()
    [GC]::WaitForPendingFinalizers()
    $end = Invoke-Native -FilePath $Reg -ArgumentList @('unload', "HKU\$DefaultUser") -AnyCode
    if ($end.exitCode -ne 0) { Stop-Ingot -Code 'registry.hive-in-use' -Message ('Expected the profile of new users to be unloaded, found: {0}' -f ($end.lines -join ' ')) }
}

# The hive and the path in it, as .NET wants them.
function Get-SettingKey {
    param([Parameter(Mandatory = $true)][object]$Setting)
    $key = Get-IngotText -InputObject $Setting -Name 'key'
    $hive = Get-IngotText -InputObject $Setting -Name 'hive'
    switch ($hive) {
        'HKLM' { return @{ hive = [Microsoft.Win32.RegistryHive]::LocalMachine; path = $key } }
        'HKU\.DEFAULT' { return @{ hive = [Microsoft.Win32.RegistryHive]::Users; path = ".DEFAULT\$key" } }
        'HKU\Default' { return @{ hive = [Microsoft.Win32.RegistryHive]::Users; path = "$DefaultUser\$key" } }
        default { Stop-Ingot -Code 'guest.parameters' -Message "Expected the hive HKLM, HKU\.DEFAULT or HKU\Default, found $hive." }
    }
}

# A value as JSON has it: text, list of texts, DWord as a number, QWord as decimal digits, Binary as hexadecimal digits.
function ConvertTo-SettingData {
    param([AllowNull()][object]$Value, [Parameter(Mandatory = $true)][string]$Type)
    switch ($Type) {
        'MultiString' { return , @([string[]]$Value) }
        'DWord' { return [BitConverter]::ToUInt32([BitConverter]::GetBytes([int32]$Value), 0) }
        'QWord' { return [BitConverter]::ToUInt64([BitConverter]::GetBytes([int64]$Value), 0).ToString([Globalization.CultureInfo]::InvariantCulture) }
        'Binary' { return [BitConverter]::ToString([byte[]]$Value).Replace('-', '').ToLowerInvariant() }
        default { return [string]$Value }
    }
}

# The same, the other way.
function ConvertFrom-SettingData {
    param([AllowNull()][object]$Data, [Parameter(Mandatory = $true)][string]$Type)
    switch ($Type) {
        'MultiString' { return , [string[]]@($Data) }
        'DWord' { return [BitConverter]::ToInt32([BitConverter]::GetBytes([uint32]$Data), 0) }
        'QWord' { return [BitConverter]::ToInt64([BitConverter]::GetBytes([uint64]::Parse([string]$Data, [Globalization.CultureInfo]::InvariantCulture)), 0) }
        'Binary' {
            $digits = [string]$Data
            # With its type: SetValue takes no array that New-Object has wrapped.
            [byte[]]$bytes = New-Object -TypeName 'byte[]' -ArgumentList ($digits.Length / 2)
            for ($at = 0; $at -lt $bytes.Length; $at++) { $bytes[$at] = [Convert]::ToByte($digits.Substring(2 * $at, 2), 16) }
            return , $bytes
        }
        default { return [string]$Data }
    }
}

# {present, type, data} of what the registry has.
function Get-SettingState {
    param([Parameter(Mandatory = $true)][object]$Setting)
    $place = Get-SettingKey -Setting $Setting
    $name = [string](Get-IngotProperty -InputObject $Setting -Name 'name' -Default '')
    # The 64-bit view, whatever process asks.
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey($place.hive, [Microsoft.Win32.RegistryView]::Registry64)
    try {
        $key = $base.OpenSubKey($place.path, $false)
        if ($null -eq $key) { return @{ present = $false; type = ''; data = $null } }
        try {
            $value = $key.GetValue($name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
            if ($null -eq $value) { return @{ present = $false; type = ''; data = $null } }
            $type = $key.GetValueKind($name).ToString()
            return @{ present = $true; type = $type; data = (ConvertTo-SettingData -Value $value -Type $type) }
        }
        finally { $key.Dispose() }
    }
    finally { $base.Dispose() }
}

# A secret comes under a name of its own, so that it is known as one.
function Get-WantedData {
    param([Parameter(Mandatory = $true)][object]$Setting)
    $data = Get-IngotProperty -InputObject $Setting -Name 'secret'
    if ($null -eq $data) { $data = Get-IngotProperty -InputObject $Setting -Name 'value' -Default '' }
    # A list of one or none must stay a list.
    if ([string](Get-IngotProperty -InputObject $Setting -Name 'type') -eq 'MultiString') { return , @($data) }
    return $data
}

function Test-Setting {
    param([Parameter(Mandatory = $true)][object]$Setting, [Parameter(Mandatory = $true)][System.Collections.IDictionary]$State)
    if ([bool](Get-IngotProperty -InputObject $Setting -Name 'absent' -Default $false)) { return (-not $State.present) }
    $type = Get-IngotText -InputObject $Setting -Name 'type'
    if (-not $State.present -or $State.type -ne $type) { return $false }
    $separator = [string][char]0
    # Into a variable first: @() around the call would make a list of one out of a list.
    $wanted = Get-WantedData -Setting $Setting
    return (@($State.data) -join $separator) -ceq (@($wanted) -join $separator)
}

function Set-Setting {
    param([Parameter(Mandatory = $true)][object]$Setting)
    $place = Get-SettingKey -Setting $Setting
    $name = [string](Get-IngotProperty -InputObject $Setting -Name 'name' -Default '')
    $absent = [bool](Get-IngotProperty -InputObject $Setting -Name 'absent' -Default $false)
    $shown = '{0}\{1}, value {2}' -f $Setting.hive, $Setting.key, $name
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey($place.hive, [Microsoft.Win32.RegistryView]::Registry64)
    try {
        $key = if ($absent) { $base.OpenSubKey($place.path, $true) } else { $base.CreateSubKey($place.path) }
        if ($null -eq $key) { return }
        try {
            if ($absent) { $key.DeleteValue($name, $false) }
            else {
                $type = Get-IngotText -InputObject $Setting -Name 'type'
                $key.SetValue($name, (ConvertFrom-SettingData -Data (Get-WantedData -Setting $Setting) -Type $type), [Microsoft.Win32.RegistryValueKind]$type)
            }
        }
        finally { $key.Dispose() }
    }
    catch [System.UnauthorizedAccessException], [System.Security.SecurityException] {
        Stop-Ingot -Code 'registry.access-denied' -Message "Expected to be allowed to write $shown, found access denied."
    }
    finally { $base.Dispose() }
}

# What the result tells of a setting; the data of a secret is left out.
function Get-SettingReport {
    param([Parameter(Mandatory = $true)][object]$Setting)
    $state = Get-SettingState -Setting $Setting
    $value = $null
    # Not as the value of an if: that would make text of a list of one.
    if ($null -eq (Get-IngotProperty -InputObject $Setting -Name 'secret')) { $value = $state.data }
    # As a plain array: one that is wrapped as an object becomes {value, Count} in the JSON of 5.1.
    if ($value -is [array]) { $value = [object[]]$value }
    return @{
        hive    = [string]$Setting.hive
        key     = [string]$Setting.key
        name    = [string](Get-IngotProperty -InputObject $Setting -Name 'name' -Default '')
        present = $state.present
        type    = $state.type
        value   = $value
        fits    = (Test-Setting -Setting $Setting -State $state)
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $settings = @(Get-IngotProperty -InputObject $Parameter -Name 'values' -Default @())
    $types = @('String', 'ExpandString', 'MultiString', 'DWord', 'QWord', 'Binary')
    foreach ($setting in $settings) {
        if ([bool](Get-IngotProperty -InputObject $setting -Name 'absent' -Default $false)) { continue }
        $type = Get-IngotText -InputObject $setting -Name 'type'
        if ($types -cnotcontains $type) { Stop-Ingot -Code 'guest.parameters' -Message ('Expected one of the types {0}, found {1}.' -f ($types -join ', '), $type) }
    }
    $newUsers = @($settings | Where-Object -FilterScript { $_.hive -eq 'HKU\Default' }).Count -gt 0
    if ($newUsers) { Mount-DefaultUser }
    try {
        $before = @($settings | ForEach-Object -Process { Get-SettingReport -Setting $_ })
        $wrong = @()
        for ($at = 0; $at -lt $settings.Count; $at++) { if (-not $before[$at].fits) { $wrong += $settings[$at] } }
        if (-not $Test) { foreach ($setting in $wrong) { Set-Setting -Setting $setting } }
        $after = if ($Test -or $wrong.Count -eq 0) { $before } else { @($settings | ForEach-Object -Process { Get-SettingReport -Setting $_ }) }
    }
    finally { if ($newUsers) { Dismount-DefaultUser } }
    $evidence = @($wrong | ForEach-Object -Process { '{0}\{1}, value {2}' -f $_.hive, $_.key, (Get-IngotProperty -InputObject $_ -Name 'name' -Default '(default)') })
    New-IngotResult -Changed ($wrong.Count -gt 0) -Before @($before) -After @($after) -Evidence $evidence
}
