# sysprep-task.ps1: the verdict over Sysprep, told before Windows goes down.
[CmdletBinding()]
param()

# Who runs it is asked of Windows itself.
Pester\Describe 'sysprep-task.ps1' -Skip:($env:OS -ne 'Windows_NT') {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'sysprep-task.ps1')))
        $panther = 'Windows\System32\Sysprep\Panther'
    }

    Pester\BeforeEach {
        Initialize-Guest
        # A run that succeeds, with an exit code that says otherwise.
        $Fake = @{ exitCode = 16001; imageState = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE'; tag = $true; errors = @(); actions = @('Info x', 'Info Shutting down SysPrep log'); reports = @(); seen = @{} }
        [void](Set-GuestFile -Path 'ProgramData\ingot\sysprep.json' -Text '{"run":"run-1","unattend":"C:\\u.xml","minutes":25,"mode":"","harmless":["BiUpdateEfiEntry failed"],"remove":[]}')
        [void](Set-GuestFile -Path "$panther\setuperr.log" -Text "old line`r`n")
        $tag = Set-GuestFile -Path 'Windows\System32\Sysprep\Sysprep_succeeded.tag'
        $key = Set-GuestFile -Path 'ProgramData\ssh\ssh_host_ed25519_key' -Text 'x'
        Set-GuestService -Name 'sshd'
        $Guest.registry['HKLM:\SYSTEM\Setup'] = @{ SetupType = 2; CmdLine = 'oobe\windeploy.exe' }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'] = @{ DefaultPassword = 'S3cret' }
        $Guest.answers['schtasks.exe'] = { @{ exitCode = 0 } }
        $Guest.answers['shutdown.exe'] = { @{ exitCode = 0 } }
        Pester\Mock -CommandName Publish-IngotReport -MockWith { $Fake.reports += @($Value.Clone()); return $true }
        Pester\Mock -CommandName Get-ImageState -MockWith { return $Fake.imageState }
        Pester\Mock -CommandName Stop-Computer -MockWith { return }
        Pester\Mock -CommandName Invoke-Sysprep -MockWith {
            $Fake.seen = @{ unattend = $Unattend; mode = $Mode; oldTag = (Test-Path -LiteralPath $tag); password = $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'].ContainsKey('DefaultPassword') }
            if ($Fake.tag) { [void](Set-GuestFile -Path 'Windows\System32\Sysprep\Sysprep_succeeded.tag') }
            [void](Set-GuestFile -Path "$panther\setuperr.log" -Text ((@('old line') + $Fake.errors) -join "`r`n"))
            [void](Set-GuestFile -Path "$panther\setupact.log" -Text ($Fake.actions -join "`r`n"))
            # Whoever collects the logs has been here.
            [void](Set-GuestFile -Path 'ProgramData\ingot\collected')
            return $Fake.exitCode
        }

        function Get-Verdict {
            [void](Invoke-Script -Name 'sysprep-task.ps1')
            return $Fake.reports[-1]
        }
    }

    Pester\It 'judges by state and tag, and not by the exit code' {
        $verdict = Get-Verdict
        $verdict.state | Pester\Should -Be 'succeeded' -Because ($verdict.errors -join '; ')
        $verdict.run | Pester\Should -Be 'run-1'
        $verdict.exitCode | Pester\Should -Be 16001
        $verdict.tag | Pester\Should -BeTrue
        $verdict.armed | Pester\Should -BeTrue
    }

    Pester\It 'starts without the tag of an earlier run, and without the password of the installation' {
        [void](Get-Verdict)
        $Fake.seen.oldTag | Pester\Should -BeFalse
        $Fake.seen.password | Pester\Should -BeFalse
        $Fake.seen.unattend | Pester\Should -Be 'C:\u.xml'
    }

    Pester\It 'leaves neither host keys nor its folder nor its task in the template' {
        [void](Get-Verdict)
        Test-Path -LiteralPath $key | Pester\Should -BeFalse
        Test-Path -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot') | Pester\Should -BeFalse
        @($Guest.native | Where-Object -FilterScript { $_.name -eq 'schtasks.exe' })[0].arguments | Pester\Should -Be @('/delete', '/tn', 'ingot-sysprep', '/f')
        $Guest.services['sshd'].Status | Pester\Should -Be 'Stopped'
    }

    Pester\It 'tells the verdict before it shuts Windows down' {
        $Guest.answers['shutdown.exe'] = { $Fake.told = $Fake.reports.Count; @{ exitCode = 0 } }
        [void](Get-Verdict)
        $Fake.told | Pester\Should -Be $Fake.reports.Count
        $Guest.native[-1].arguments[0] | Pester\Should -Be '/s'
    }

    Pester\It 'does not mind lines of errors that good runs write too, nor those of before' {
        $Fake.errors = @('2026-11-21 10:00:00, Error BCD: BiUpdateEfiEntry failed c000000d')
        (Get-Verdict).state | Pester\Should -Be 'succeeded'
    }

    Pester\It 'fails for <Reason>' -ForEach @(
        @{ Reason = 'a state that never came'; Change = @{ imageState = 'IMAGE_STATE_COMPLETE' }; Words = '*ImageState is not*' }
        @{ Reason = 'a missing tag'; Change = @{ tag = $false }; Words = '*tag is missing*' }
        @{ Reason = 'an end that never came'; Change = @{ exitCode = $null }; Words = '*did not end within 25 minutes*' }
        @{ Reason = 'a new error'; Change = @{ errors = @('SYSPRP Package E_1.0 was installed for a user, but not provisioned') }; Words = '*E_1.0*' }
        @{ Reason = 'a fatal one among harmless words'; Change = @{ errors = @('[0x0f0073] BiUpdateEfiEntry failed') }; Words = '*0x0f0073*' }
    ) {
        foreach ($name in $Change.Keys) { $Fake[$name] = $Change[$name] }
        $verdict = Get-Verdict
        $verdict.state | Pester\Should -Be 'failed'
        $verdict.errors -join "`n" | Pester\Should -BeLike $Words
        # What tells why stays.
        Test-Path -LiteralPath $key | Pester\Should -BeTrue
        @($Guest.native | Where-Object -FilterScript { $_.name -eq 'shutdown.exe' }).Count | Pester\Should -Be 1
    }

    Pester\It 'tells what setupact.log says around its first error, and that Sysprep was ended' {
        $Fake.imageState = 'IMAGE_STATE_UNDEPLOYABLE'
        $Fake.actions = @('Info provider A', 'Info provider B', '10:00, Error SYSPRP failed dwRet = 0x3cf2', 'Info after')
        $errors = (Get-Verdict).errors
        $errors | Pester\Should -Contain 'setupact.log: 10:00, Error SYSPRP failed dwRet = 0x3cf2'
        $errors | Pester\Should -Contain 'setupact.log: Info provider B'
        $errors -join "`n" | Pester\Should -BeLike '*ended from outside*'
    }

    Pester\It 'finds the error in a log that Sysprep has begun anew, though the one before was longer' {
        [void](Set-GuestFile -Path "$panther\setupact.log" -Text ((1..20 | ForEach-Object -Process { "09:00, Info old $_" }) -join "`r`n"))
        $Fake.tag = $false
        $Fake.actions = @('10:00, Info new', '10:00, Error SYSPRP new')
        (Get-Verdict).errors | Pester\Should -Contain 'setupact.log: 10:00, Error SYSPRP new'
    }

    Pester\It 'tells no error of an earlier run whose log goes on' {
        $old = @('09:00, Info old', '09:00, Error SYSPRP old')
        [void](Set-GuestFile -Path "$panther\setupact.log" -Text ($old -join "`r`n"))
        $Fake.tag = $false
        $Fake.actions = $old + @('10:00, Info new', '10:00, Error SYSPRP new')
        $errors = (Get-Verdict).errors
        $errors | Pester\Should -Contain 'setupact.log: 10:00, Error SYSPRP new'
        $errors | Pester\Should -Not -Contain 'setupact.log: 09:00, Error SYSPRP old'
    }

    Pester\It 'keeps its verdict short enough for a command line' {
        $Fake.tag = $false
        $Fake.errors = @(1..200 | ForEach-Object -Process { 'an error {0} {1}' -f $_, ('x' * 2000) })
        (ConvertTo-IngotJson -InputObject (Get-Verdict)).Length | Pester\Should -BeLessThan 8000
    }

    Pester\It 'shuts down another way when shutdown.exe refuses' {
        $Guest.answers['shutdown.exe'] = { @{ exitCode = 5 } }
        [void](Get-Verdict)
        Pester\Should -Invoke -CommandName Stop-Computer -Times 1 -Exactly
    }

    Pester\It 'gives a verdict even without its parameters' {
        Remove-Item -LiteralPath (Join-Path -Path $Guest.root -ChildPath 'ProgramData\ingot\sysprep.json')
        [void](Set-GuestFile -Path 'ProgramData\ingot\collected')
        (Get-Verdict).state | Pester\Should -Be 'failed'
        Pester\Should -Invoke -CommandName Invoke-Sysprep -Times 0 -Exactly
    }
}
